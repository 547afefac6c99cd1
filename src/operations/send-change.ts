import type { FastifyReply } from 'fastify';
import { problems, RecalledError } from '../domain/errors.ts';
import type { Operation } from '../domain/operation.ts';
import { link } from '../http/links.ts';
import type { AcceptedOnce } from '../ledger/accept-once.ts';

export const lookAgainSeconds = 2;

/**
 * Answers a change: 200, 201 or 204 with its operation once it is done, the problem of one that failed, else 202; a replay
 * as the first request was, with the operation as it is now. Tells `answered` the status before it is sent.
 */
export async function sendChanged(
  reply: FastifyReply,
  operation: Operation,
  { isReplay, status: first }: Pick<AcceptedOnce<unknown>, 'isReplay' | 'status'>,
  answered: (status: number) => Promise<void>,
): Promise<void> {
  const { links } = operation;
  void reply.header('link', `<${links.self.href}>; rel="related"`);
  void reply.header('cache-control', 'no-store');
  if (isReplay) void reply.header('idempotency-replayed', '?1');
  const { status, problem } = answerOf(operation, first);
  const place = placeOf(operation, status);
  if (place !== null) void reply.header('location', place);
  await answered(status);
  if (problem !== null) throw problem;
  if (!operation.final) void reply.header('retry-after', String(lookAgainSeconds));
  void reply.code(status);
  if (status === 204) void reply.send();
  else void reply.send(operation);
}

/** What an operation is answered with, whose first answer had the status `first`: null, where there was none yet. */
export function answerOf(
  operation: Operation,
  first: number | null,
): { readonly status: number; readonly problem: RecalledError | null } {
  const problem = first === null || first >= 400 ? problemOf(operation) : null;
  if (problem !== null) return { status: problems[problem.code].status, problem };
  return { status: first !== null && first < 400 ? first : doneStatus(operation), problem };
}

/** What is not done, or nobody knows, is accepted. */
function doneStatus({ final, outcome, kind, result }: Operation): 200 | 201 | 202 | 204 {
  if (!final || outcome === 'unknown') return 202;
  if (kind === 'delete_process' || kind === 'delete_version' || kind === 'undeploy') return 204;
  const made = { put_process: 'created', deploy: 'deployed' }[kind as string];
  return result?.items.some(({ effect }) => effect === made) === true ? 201 : 200;
}

/** Where to go: to what was made or renamed, else to the operation while that is open. */
function placeOf({ links, result, kind }: Operation, status: number): string | null {
  if (status === 202 || kind === 'import' || kind === 'promote') return links.self.href;
  const [item] = result?.items ?? [];
  if (item === undefined || item.effect === 'failed') return status >= 400 ? links.self.href : null;
  if (item.effect === 'created' || item.effect === 'renamed')
    return link`/v1/processes/${item.process}`.href;
  return status === 201 ? link`/v1/processes/${item.process}/deployments`.href : null;
}

/** Why a change was not done, or not all of it, with a link to its operation; null where that is no failure. */
function problemOf(operation: Operation): RecalledError | null {
  const { id, connection, platform, status, outcome, problem, links, result } = operation;
  if (!operation.final || outcome === null || outcome === 'unknown') return null;
  const members = {
    operation: id,
    links: { operation: links.self },
    ...(result === null ? {} : { items: result.items }),
  };
  const known = { connection, platform, outcome, members };
  if (status === 'cancelled')
    return new RecalledError({ code: 'conflict' }, 'It was cancelled before it was sent.', known);
  if (problem === null) return null;
  const detail =
    outcome === 'applied'
      ? `Only a part of it was done, as items says: ${problem.detail}`
      : problem.detail;
  const { upstream } = problem;
  return new RecalledError(problem, detail, {
    ...known,
    ...(upstream === null ? {} : { upstream }),
  });
}
