import type { FastifyRequest } from 'fastify';

/** The query as it was sent, repeated parameters included. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  const at = request.url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
}
