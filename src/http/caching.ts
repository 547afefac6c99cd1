import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Forwarded, isStandIn } from '../catalogue/source.ts';

/** What the caching headers of an answer are made of. */
export interface CachedAnswer {
  readonly etag: string;
  /** In ms since 1970; null when nothing in it has an age. */
  readonly asOf: number | null;
  readonly freshUntil: number;
  readonly forwarded: Forwarded;
}

/** Such an answer with the store's time, in ms since 1970. */
export interface TimedAnswer extends CachedAnswer {
  readonly now: number;
}

/** Our name in `Cache-Status` (RFC 9211). */
const cacheName = 'process-gateway';

/** The headers that say how fresh an answer is at `now`, the store's time in ms since 1970; name and value in turn. */
export function cachingHeaders(answer: CachedAnswer, now: number): string[] {
  const { etag, asOf, freshUntil, forwarded } = answer;
  const seconds = (ms: number): number => Math.floor(ms / 1_000);
  const ttl = asOf === null ? '' : `; ttl=${seconds(freshUntil - now)}`;
  const detail = isStandIn(forwarded) ? `; detail=${forwarded}` : '';
  // Where nothing has an age, nothing came that could have been stored.
  const fetched = `fwd=${String(forwarded)}${asOf === null ? '' : '; stored'}`;
  const isHit = forwarded === null || isStandIn(forwarded);
  const status = isHit ? `hit${ttl}${detail}` : fetched;
  const headers = ['etag', etag, 'cache-control', 'private'];
  if (asOf !== null) headers.push('age', String(Math.max(seconds(now - asOf), 0)));
  headers.push('cache-status', `${cacheName}; ${status}`);
  return headers;
}

/**
 * Sets `ETag`, `Age`, `Cache-Control` and `Cache-Status`; says whether the caller has this already, so that 304 is the
 * answer.
 */
export function setCaching(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: TimedAnswer,
): boolean {
  setHeaders(reply, cachingHeaders(answer, answer.now));
  return knows(request.headers['if-none-match'], answer.etag);
}

/** Sets headers that stand as name and value in turn. */
export function setHeaders(reply: FastifyReply, headers: readonly string[]): void {
  for (let at = 0; at < headers.length; at += 2)
    void reply.header(headers[at] ?? '', headers[at + 1]);
}

/** Whether a caller that sends this `If-None-Match` has the answer (RFC 9110 §13.1.2, weak comparison). */
export function knows(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header === etag || header.trim() === '*') return true;
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  return header.split(',').some((tag) => opaque(tag) === opaque(etag));
}
