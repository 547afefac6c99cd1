import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Forwarded } from '../catalogue/source.ts';

/** What the caching headers of an answer are made of. */
export interface CachedAnswer {
  readonly etag: string;
  /** In ms since 1970; null when nothing in it has an age. */
  readonly asOf: number | null;
  readonly freshUntil: number;
  readonly forwarded: Forwarded;
  /** The store's time, in ms since 1970. */
  readonly now: number;
}

/** Our name in `Cache-Status` (RFC 9211). */
const cacheName = 'process-gateway';

/**
 * Sets `ETag`, `Age`, `Cache-Control` and `Cache-Status`; says whether the caller has this already, so that 304 is the
 * answer (RFC 9110 §13.1.2, weak comparison).
 */
export function setCaching(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: CachedAnswer,
): boolean {
  const { etag, asOf, freshUntil, forwarded, now } = answer;
  const seconds = (ms: number): number => Math.floor(ms / 1_000);
  void reply.header('etag', etag);
  void reply.header('cache-control', 'private');
  if (asOf !== null) void reply.header('age', String(Math.max(seconds(now - asOf), 0)));
  const ttl = asOf === null ? '' : `; ttl=${seconds(freshUntil - now)}`;
  const status = forwarded === null ? `hit${ttl}` : `fwd=${forwarded}; stored`;
  void reply.header('cache-status', `${cacheName}; ${status}`);
  return matches(request.headers['if-none-match'], etag);
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  return header.split(',').some((tag) => opaque(tag) === opaque(etag));
}
