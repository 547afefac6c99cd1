import type { Operation } from '../../src/domain/operation.ts';
import { type Answer, get, send, type Serving } from './http.ts';

type Headers = Readonly<Record<string, string>>;

/** Asks for a change, whatever the status of the answer. */
export function change<T = Operation>(
  serving: Serving,
  method: 'put' | 'patch' | 'post' | 'delete',
  path: string,
  body: object | null = null,
  headers: Headers = {},
): Promise<Answer<T>> {
  const json = body === null ? {} : { body: JSON.stringify(body) };
  const type = body === null ? {} : { 'content-type': 'application/json' };
  return send<T>(serving, method, path, { headers: { ...type, ...headers }, ...json });
}

/** The operation that an answer links to. */
export async function operationOf(
  serving: Serving,
  { headers }: Answer<unknown>,
  query = '',
): Promise<Operation> {
  const [, path = ''] = /^<([^>]+)>; rel="related"$/.exec(headers['link'] ?? '') ?? [];
  const answer = await get<Operation>(serving, `${path}${query}`);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
  return answer.body;
}
