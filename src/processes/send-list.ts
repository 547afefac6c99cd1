import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ListAnswer } from '../catalogue/list-call.ts';
import { setCaching, setHeaders } from '../http/caching.ts';

/** What lists are sent as. */
export const listMediaType = 'application/json; charset=utf-8';

/** An answer with the store's time, in ms since 1970. */
export interface TimedAnswer extends ListAnswer {
  readonly now: number;
}

/** Sends a merged list with its headers, or 304. */
export function sendList(request: FastifyRequest, reply: FastifyReply, answer: TimedAnswer): void {
  const known = setCaching(request, reply, answer);
  setHeaders(reply, listHeaders(request.url, answer));
  if (known) void reply.code(304).send();
  else void reply.header('content-type', listMediaType).send(answer.body);
}

/** The headers of a merged list but those of its freshness, name and value in turn. */
export function listHeaders(url: string, { complete, nextCursor }: ListAnswer): string[] {
  const headers = ['gateway-complete', complete ? '?1' : '?0'];
  if (nextCursor !== null) headers.push('link', nextLink(url, nextCursor));
  return headers;
}

/** The same call with another cursor (RFC 8288). */
export function nextLink(url: string, cursor: string): string {
  const [path = '', query = ''] = url.split('?');
  const search = new URLSearchParams(query);
  search.set('cursor', cursor);
  return `<${path}?${search.toString()}>; rel="next"`;
}
