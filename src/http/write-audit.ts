import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Outcome } from '../domain/errors.ts';
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

/** What a write says of itself in its body, which no hook reads. */
interface Asked {
  readonly connection: string | null;
  /** Whether it asks only what it would do. */
  readonly isPlan?: boolean;
}

const asked = new WeakMap<FastifyRequest, Asked>();
const told = new WeakMap<FastifyRequest, Told>();
const own = new WeakMap<FastifyRequest, Outcome | null>();

/** Remembers where a write goes whose path and query do not say so, and whether it is a plan. */
export function tellAsked(request: FastifyRequest, said: Asked): void {
  asked.set(request, said);
}

/** Remembers what an answer says of a write: one of ours that has a connection or an outcome. */
export function tellAudit(request: FastifyRequest, answer: unknown): void {
  if (typeof answer !== 'object' || answer === null) return;
  const { connection, outcome } = answer as Readonly<Record<string, unknown>>;
  told.set(request, { connection: textOf(connection), outcome: textOf(outcome) });
}

/** Remembers what came of a write that is answered with something whose `outcome` is that of another one. */
export function tellOutcome(request: FastifyRequest, outcome: Outcome | null): void {
  own.set(request, outcome);
}

/**
 * One line of the log for every request that is to change something: who, what, where, what came of it. `outcome` is null
 * where that is still open: then its operation or its run is told by lines of its own. It is written as soon as its answer is
 * known, whether or not anybody is there to take that. Call before routes are added.
 */
export function auditWrites(app: FastifyInstance, log: Log): void {
  app.addHook('preSerialization', (request, _reply, answer: unknown, done) => {
    tellAudit(request, answer);
    const outcome = own.get(request);
    const known = told.get(request) ?? nothing;
    if (outcome !== undefined) told.set(request, { ...known, outcome });
    done(null, answer);
  });
  app.addHook('onSend', (request, reply, _payload, done) => {
    const { method, routeOptions } = request;
    const { allow } = routeOptions.config as { readonly allow?: string };
    if (!safeMethods.includes(method) && !request.is404 && allow === undefined) {
      const isGone = reply.raw.destroyed;
      const line = lineOf(request, reply);
      log.info(line, isGone ? 'The caller of a write hung up' : 'A write was answered');
    }
    done();
  });
}

const nothing: Told = { connection: null, outcome: null };

function lineOf(request: FastifyRequest, { statusCode: status }: FastifyReply): object {
  const { method, id: requestId, routeOptions } = request;
  const said = asked.get(request);
  const isPlan = said?.isPlan === true || namedInQuery(request, 'validateOnly') === 'true';
  const { connection, outcome } = told.get(request) ?? nothing;
  const done = outcome ?? (status === 204 ? 'applied' : null);
  return {
    audit: `${method} ${routeOptions.url ?? ''}`,
    path: pathOf(request),
    caller: anonymousCaller,
    connection: connection ?? said?.connection ?? placeOf(request),
    // A plan tells what there is, or would be.
    outcome: isPlan && status < 400 ? null : done,
    status,
    requestId,
    ...(isPlan ? { validateOnly: true } : {}),
  };
}

/** The connection that a request names in its path, or in its query. */
function placeOf(request: FastifyRequest): string | null {
  const { id = '', connection } = request.params as Readonly<Record<string, string | undefined>>;
  return connection ?? connectionIn(id) ?? namedInQuery(request, 'connection');
}

/** The connection that an id names, whether or not there is one. */
export function connectionIn(id: string): string | null {
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
