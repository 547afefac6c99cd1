import { createHash } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { FieldError } from '../../src/domain/errors.ts';
import type { Problem } from '../../src/http/problem.ts';
import { type Answer, send, type Serving } from './http.ts';

interface Item {
  readonly process: string;
  readonly version?: string;
}

type Headers = Readonly<Record<string, string>>;

const json = { 'content-type': 'application/json' };

export function item(process: string, version?: string): Item {
  return version === undefined ? { process } : { process, version };
}

/** An export as it comes, its trailers included. */
export function openExport(
  { baseUrl }: Serving,
  items: readonly Item[],
  headers: Headers = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(`${baseUrl}/v1/exports`, {
      method: 'POST',
      headers: { ...json, ...headers },
    });
    asked.once('response', resolve).once('error', reject);
    asked.end(JSON.stringify({ items }));
  });
}

/** An export, read whole; `digest` is what its own one has to be. */
export interface Exported {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly trailers: IncomingMessage['trailers'];
  readonly bytes: Buffer;
  readonly digest: string;
}

export async function exported(
  serving: Serving,
  items: readonly Item[],
  headers: Headers = {},
): Promise<Exported> {
  const answer = await openExport(serving, items, headers);
  const bytes = await buffer(answer);
  const digest = `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;
  const { statusCode: status, trailers } = answer;
  return { status, headers: answer.headers, trailers, bytes, digest };
}

/** An export that is to be refused, whatever its body. */
export function askExport(
  serving: Serving,
  body: unknown,
  headers: Headers = {},
  query = '',
): Promise<Answer<Problem>> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return send(serving, 'post', `/v1/exports${query}`, {
    headers: { ...json, ...headers },
    ...sent,
  });
}

/** What a refusal says: status, code, outcome, and the places of what is wrong. */
export function told({ status, body }: Answer<Problem>): unknown[] {
  const errors = (body['errors'] ?? []) as readonly FieldError[];
  return [status, body.code, body.outcome, ...errors.map(({ at }) => at)];
}
