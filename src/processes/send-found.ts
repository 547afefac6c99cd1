import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import { formatId, parseId } from '../domain/ids.ts';
import { setCaching } from '../http/caching.ts';
import type { Found } from './processes.service.ts';

/** Where an answer belongs. */
interface Place {
  /** The id that was asked for. */
  readonly asked: string;
  /** What follows the process in the path. */
  readonly path: string;
  /** The store's time, in ms since 1970. */
  readonly now: number;
}

/** Says where an answer lives, where an alias was asked for: what was asked about it counts (RFC 9110 §8.7). */
export function setLocation(
  { url }: FastifyRequest,
  reply: FastifyReply,
  id: string,
  { asked, path }: Omit<Place, 'now'>,
): void {
  const parsed = parseId(asked);
  if (parsed !== null && formatId(parsed.connection, parsed.key) === id) return;
  const [, query = ''] = /^[^?]*(\?.+)$/.exec(url) ?? [];
  void reply.header('content-location', `/v1/processes/${encodeURIComponent(id)}${path}${query}`);
}

/** Sends a single read with its headers, or 304; an alias is told its canonical place. */
export function sendFound(
  request: FastifyRequest,
  reply: FastifyReply,
  found: Found<unknown>,
  place: Place,
): void {
  const body = JSON.stringify(found.body);
  setLocation(request, reply, found.id, place);
  void reply.header('content-type', 'application/json; charset=utf-8');
  if (found.cached === null) {
    void reply
      .header('cache-control', 'no-store')
      .header('cache-status', 'process-gateway; fwd=bypass')
      .send(body);
    return;
  }
  const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  if (setCaching(request, reply, { ...found.cached, etag, now: place.now }))
    void reply.code(304).send();
  else void reply.send(body);
}
