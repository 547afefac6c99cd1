import type { FastifyInstance, FastifyRequest } from 'fastify';
import { InvalidRequestError } from '../domain/errors.ts';
import { refuseWithQuery } from './raw-query.ts';
import { safeMethods } from './write-audit.ts';

/** Where each of the headers that make a write depend on what stands (RFC 9110 §13.1) is heeded. */
const heeded = {
  'If-Match': 'is heeded by PUT and PATCH of a process, imports and promotions only',
  'If-None-Match': 'is heeded by GET only',
} as const;
type Precondition = keyof typeof heeded;
const preconditions = Object.keys(heeded) as readonly Precondition[];

/** Marks a route that heeds `If-Match` (`RouteConfig` of Nest). */
export const ifMatchRoute = { heeds: ['If-Match'] } as const;

/**
 * Refuses what a write is to depend on where its route does not heed that: unheeded, it would be worse than refused. Call
 * before routes are added.
 */
export function refusePreconditions(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const unheeded = safeMethods.includes(request.method) ? [] : unheededOf(request);
    if (unheeded.length > 0) refuseWithQuery(request, refusalOf(unheeded));
    done();
  });
}

function unheededOf({ headers, routeOptions }: FastifyRequest): readonly Precondition[] {
  const { heeds = [] } = routeOptions.config as { readonly heeds?: readonly Precondition[] };
  return preconditions.filter(
    (name) => headers[name.toLowerCase()] !== undefined && !heeds.includes(name),
  );
}

function refusalOf(names: readonly Precondition[]): InvalidRequestError {
  const errors = names.map((at) => ({ at, message: heeded[at] }));
  const all = errors.map(({ at, message }) => `${at} ${message}`).join(', ');
  return new InvalidRequestError(`${all}: leave it out here.`, { outcome: 'not_sent', errors });
}
