import negotiator from 'negotiator';
import type { FastifyRequest } from 'fastify';
import {
  type GatewayError,
  InvalidRequestError,
  MethodNotAllowedError,
  NotAcceptableError,
} from '../domain/errors.ts';
import { bodyRefusalOf } from './body-head.ts';
import { noSuchRoute, problemMediaType } from './problem.ts';

/** What is noted of a route that only refuses. */
export interface RouteRefusal {
  /** For `Allow`. */
  readonly allow?: string;
  /** Methods that the route takes; set where this is none of them. */
  readonly takes?: string;
}

/** What is wrong with the head of a request, whatever its route; undefined when nothing is. */
export function refusalOf(request: FastifyRequest): GatewayError | undefined {
  const { httpVersion, headers } = request.raw;
  // RFC 9112 §3.2
  if (headers.host === undefined && httpVersion === '1.1')
    return new InvalidRequestError('The request has no Host.');
  if (hasSeveralHosts(request)) return new InvalidRequestError('The request has several Hosts.');
  if (request.is404 || isAboutNoRoute(request)) return noSuchRoute(pathOf(request));
  const { takes } = request.routeOptions.config as RouteRefusal;
  if (takes !== undefined)
    return new MethodNotAllowedError(
      `${request.method} is not for this route, which takes ${takes}.`,
    );
  if (hasSeveralKeys(request))
    return new InvalidRequestError('A request takes one Idempotency-Key, and this has several.', {
      outcome: 'not_sent',
      errors: [{ at: 'Idempotency-Key', message: 'must not be repeated' }],
    });
  const types = typesOf(request);
  // A caller who takes problems can be told of anything.
  if (types === null || accepts(request, [...types, problemMediaType]))
    return bodyRefusalOf(request);
  return new NotAcceptableError(`This route answers with ${types.join(' or ')} only.`);
}

/** Without its query. */
export function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0] ?? '';
}

/** Node keeps the first of them, and a proxy before it may have gone by the other. */
function hasSeveralHosts({ raw: { rawHeaders } }: FastifyRequest): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() === 'host') count += 1;
  return count > 1;
}

/** Node joins what is sent twice, and a key may have a comma of its own. */
function hasSeveralKeys({ raw }: FastifyRequest): boolean {
  if (raw.headers['idempotency-key'] === undefined) return false;
  return (raw.headersDistinct['idempotency-key'] ?? []).length > 1;
}

/** A preflight asks for what may be sent, wherever to; anything else by OPTIONS asks about a route. */
function isAboutNoRoute({ method, routeOptions, headers }: FastifyRequest): boolean {
  const isPreflight = 'access-control-request-method' in headers;
  return method === 'OPTIONS' && routeOptions.url === '*' && !isPreflight;
}

function accepts({ headers: { accept }, raw }: FastifyRequest, types: readonly string[]): boolean {
  if (accept === undefined || accept === '*/*') return true;
  return new negotiator(raw).mediaType([...types]) !== undefined;
}

/** What a route of the API answers with; null of documentation, and of files, whose type their name tells. */
function typesOf({ routeOptions: { url: route = '' } }: FastifyRequest): readonly string[] | null {
  if (!route.startsWith('/v1/') || /\/(package|exports|attachments\/:name)$/.test(route))
    return null;
  const [, stream] = /\/(log|events)$/.exec(route) ?? [];
  if (stream === 'events') return ['text/event-stream'];
  return stream === 'log'
    ? ['text/plain', 'application/x-ndjson', 'text/event-stream']
    : ['application/json'];
}
