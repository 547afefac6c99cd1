import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseId } from '../domain/ids.ts';
import type { Log } from '../telemetry/log.ts';
import { anonymousCaller } from './caller.ts';
import { namedInQuery } from './query.ts';
import { pathOf } from './request-head.ts';

/** They ask for no change (RFC 9110 §9.2.1). */
export const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];

/** What is told of a write besides its request. */
interface Told {
  readonly connection: string | null;
  readonly outcome: string | null;
}

const told = new WeakMap<FastifyRequest, Told>();

/** Remembers what an answer says of a write: one of ours that has a connection or an outcome. */
export function tellAudit(request: FastifyRequest, answer: unknown): void {
  if (typeof answer !== 'object' || answer === null) return;
  const { connection, outcome } = answer as Readonly<Record<string, unknown>>;
  told.set(request, { connection: textOf(connection), outcome: textOf(outcome) });
}

/**
 * One line of the log for every request that is to change something: who, what, where, what came of it. `outcome` is null
 * where that is still open: then its operation or its run is told by lines of its own. Call before routes are added.
 */
export function auditWrites(app: FastifyInstance, log: Log): void {
  app.addHook('preSerialization', (request, _reply, answer: unknown, done) => {
    tellAudit(request, answer);
    done(null, answer);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { method, id: requestId, routeOptions } = request;
    const { allow } = routeOptions.config as { readonly allow?: string };
    if (!safeMethods.includes(method) && !request.is404 && allow === undefined) {
      const isPlan = namedInQuery(request, 'validateOnly') === 'true';
      const known = told.get(request) ?? { connection: null, outcome: null };
      const { statusCode: status } = reply;
      const line = {
        audit: `${method} ${routeOptions.url ?? ''}`,
        path: pathOf(request),
        caller: anonymousCaller,
        connection: known.connection ?? placeOf(request),
        outcome: known.outcome ?? (status === 204 ? 'applied' : null),
        status,
        requestId,
        ...(isPlan ? { validateOnly: true } : {}),
      };
      log.info(line, 'A write was answered');
    }
    done();
  });
}

/** The connection that a request names in its path, or in its query. */
function placeOf(request: FastifyRequest): string | null {
  const { id = '', connection } = request.params as Readonly<Record<string, string | undefined>>;
  return connection ?? parsed(id) ?? namedInQuery(request, 'connection');
}

function parsed(id: string): string | null {
  try {
    return parseId(id)?.connection ?? null;
  } catch {
    // A broken escape is told to its caller.
    return null;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
