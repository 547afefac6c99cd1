import type { Operation, Plan } from '../../src/domain/operation.ts';
import { type FormPart, sendForm } from './form.ts';
import { type Answer, at, get, type Serving } from './http.ts';

type Headers = Readonly<Record<string, string>>;
type Texts = Readonly<Record<string, string>>;

/** What an import would do. */
export type ImportPlanBody = Plan & { readonly planToken: string };

/** Asks for an import of a file, whatever the status of the answer. */
export function importFile<T = Operation>(
  serving: Serving,
  file: Buffer,
  texts: Texts,
  headers: Headers = {},
): Promise<Answer<T>> {
  const parts: FormPart[] = [...Object.entries(texts), ['file', file, 'package.bin']];
  return sendForm<T>(serving, '/v1/imports', parts, headers);
}

/** An operation as it stands, or once it has ended within `wait` seconds. */
export async function operationAt(serving: Serving, id: string, wait = 0): Promise<Operation> {
  const answer = await get<Operation>(serving, `/v1/operations/${id}?wait=${wait}`);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
  return answer.body;
}

/** The package of a version, as the gateway streams it. */
export async function packageOf(
  { baseUrl }: Serving,
  id: string,
  version = 'latest',
): Promise<Buffer> {
  const path = at(id, `/versions/${encodeURIComponent(version)}/package`);
  const answer = await fetch(`${baseUrl}${path}`);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  return Buffer.from(await answer.arrayBuffer());
}
