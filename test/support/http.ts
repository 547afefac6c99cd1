import supertest from 'supertest';
import type { Problem } from '../../src/http/problem.ts';
import type { Process } from '../../src/domain/process.ts';
import type { Source } from '../../src/domain/source.ts';

/** Whatever answers at an address. */
export interface Serving {
  readonly baseUrl: string;
}

/** An answer, its JSON taken for what the test says it is. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly body: T;
}

/** A page of a collection. */
export interface Collection<T> {
  readonly data: readonly T[];
  readonly page: { readonly nextCursor: string | null; readonly total: number | null };
}

/** A page of a list that is merged from several connections. */
export interface MergedList<T = Process> extends Collection<T> {
  readonly sources: readonly Source[];
}

export type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete' | 'options' | 'trace';
type Headers = Readonly<Record<string, string>>;

/** Any request, whatever the status of its answer. */
export async function send<T = Problem>(
  { baseUrl }: Serving,
  method: Method,
  path: string,
  { headers = {}, body }: { readonly headers?: Headers; readonly body?: string } = {},
): Promise<Answer<T>> {
  const answer = await supertest(baseUrl)[method](path).set(headers).send(body);
  return {
    status: answer.status,
    headers: answer.headers,
    text: answer.text,
    body: answer.body as T,
  };
}

/** GET, whatever the status. */
export function get<T = Problem>(
  serving: Serving,
  path: string,
  headers?: Headers,
): Promise<Answer<T>> {
  return send<T>(serving, 'get', path, headers === undefined ? {} : { headers });
}

/** POST without a body, whatever the status. */
export function post<T = Problem>(
  serving: Serving,
  path: string,
  headers?: Headers,
): Promise<Answer<T>> {
  return send<T>(serving, 'post', path, headers === undefined ? {} : { headers });
}

/** A list, which has to be one. */
export async function list(serving: Serving, query = ''): Promise<Answer<MergedList>> {
  const answer = await get<MergedList>(serving, `/v1/processes${query}`);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
  return answer;
}

/** The next page that an answer names in `Link`; null on the last. */
export function nextOf({ headers }: Answer<unknown>): string | null {
  return /^<([^>]+)>; rel="next"$/.exec(headers['link'] ?? '')?.[1] ?? null;
}

/** The path of a process, or of something below it. */
export function at(id: string, rest = ''): string {
  return `/v1/processes/${encodeURIComponent(id)}${rest}`;
}
