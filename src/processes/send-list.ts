import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ListAnswer } from '../catalogue/list-call.ts';
import { setCaching } from '../http/caching.ts';

/** An answer with the store's time, in ms since 1970. */
export interface TimedAnswer extends ListAnswer {
  readonly now: number;
}

/** Sends a merged list with its headers, or 304. */
export function sendList(request: FastifyRequest, reply: FastifyReply, answer: TimedAnswer): void {
  const known = setCaching(request, reply, answer);
  void reply.header('gateway-complete', answer.complete ? '?1' : '?0');
  if (answer.nextCursor !== null)
    void reply.header('link', nextLink(request.url, answer.nextCursor));
  if (known) void reply.code(304).send();
  else void reply.header('content-type', 'application/json; charset=utf-8').send(answer.body);
}

/** The same call with another cursor (RFC 8288). */
export function nextLink(url: string, cursor: string): string {
  const [path = '', query = ''] = url.split('?');
  const search = new URLSearchParams(query);
  search.set('cursor', cursor);
  return `<${path}?${search.toString()}>; rel="next"`;
}
