import type { onRequestHookHandler } from 'fastify';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { ListAnswer } from '../catalogue/list-call.ts';
import { cachingHeaders, knows } from '../http/caching.ts';
import { listHeaders, listMediaType } from './send-list.ts';

/**
 * Answers a list that is ready before the framework has a look: same bytes, same headers, at half of the cost. Calls
 * that ask for more than the list go the long way, as those of other origins and those with a Cache-Control. It has to
 * come after every hook that refuses.
 */
export function answerHot(catalogue: Catalogue): onRequestHookHandler {
  // A hot answer belongs to one URL.
  const made = new WeakMap<ListAnswer, readonly string[]>();
  const headersOf = (url: string, answer: ListAnswer): readonly string[] => {
    const headers = made.get(answer) ?? listHeaders(url, answer);
    made.set(answer, headers);
    return headers;
  };
  return (request, reply, done) => {
    const { method, url, headers } = request.raw;
    const isPlain = headers['cache-control'] === undefined && headers.origin === undefined;
    const hot = method === 'GET' && isPlain ? catalogue.hot(url ?? '') : null;
    if (hot === null) {
      done();
      return;
    }
    const { answer, now } = hot;
    const head = ['x-request-id', request.id, 'vary', 'Origin'];
    head.push(...cachingHeaders(answer, now), ...headersOf(url ?? '', answer));
    reply.hijack();
    if (knows(headers['if-none-match'], answer.etag)) reply.raw.writeHead(304, head).end();
    else {
      head.push('content-type', listMediaType, 'content-length', String(answer.body.length));
      reply.raw.writeHead(200, head).end(answer.body);
    }
  };
}
