import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../config/gateway.config.ts';

/** Response headers that scripts of other origins may read. */
export const exposedHeaders = [
  'Location',
  'Content-Location',
  'Content-Disposition',
  'Content-Range',
  'Repr-Digest',
  'ETag',
  'Age',
  'Retry-After',
  'Link',
  'Gateway-Complete',
  'Cache-Status',
  'Idempotency-Replayed',
  'Preference-Applied',
  'X-Request-Id',
];

const loopback = /^https?:\/\/((.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;

/** Whose pages may call: origins as they are, or what they look like. */
export type Origins = (string | RegExp)[];

/** Those of the configuration, and those on loopback where there is nothing but sandboxes, which have nothing to protect. */
export function allowedOrigins({ server, connections }: GatewayConfig): Origins {
  const { origins } = server.cors;
  return connections.every(({ sandbox }) => sandbox) ? [...origins, loopback] : [...origins];
}

/** Lets the page that called read an answer that is given before the plugin for CORS has seen the request. */
export function exposeToOrigin(
  { headers: { origin } }: FastifyRequest,
  reply: FastifyReply,
  origins: Origins,
): void {
  if (origin === undefined) return;
  void reply.header('vary', 'Origin');
  const isAllowed = origins.some((each) =>
    typeof each === 'string' ? each === origin : each.test(origin),
  );
  if (!isAllowed) return;
  void reply
    .header('access-control-allow-origin', origin)
    .header('access-control-expose-headers', exposedHeaders.join(', '));
}
