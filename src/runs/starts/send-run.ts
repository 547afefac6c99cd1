import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  InvalidRequestError,
  isProblemCode,
  problems,
  RecalledError,
} from '../../domain/errors.ts';
import type { Run } from '../../domain/run.ts';
import type { AcceptedOnce } from '../../ledger/accept-once.ts';
import { idempotencyKeyOf } from '../../ledger/idempotency.ts';

const lookAgainSeconds = 2;
/** One that waits may be cancelled, so it is not left alone for longer. */
const mostSeconds = 60;

/** The key of a start. @throws InvalidRequestError when it has to have one */
export function startKeyOf({ headers }: FastifyRequest, isRequired: boolean): string | null {
  const key = idempotencyKeyOf(headers['idempotency-key']);
  if (key !== null || !isRequired) return key;
  throw new InvalidRequestError('A start needs an Idempotency-Key here.', {
    outcome: 'not_sent',
    errors: [{ at: 'Idempotency-Key', message: 'is required on starts' }],
  });
}

/**
 * Answers a start: 200 with a run that has ended, the problem of one that was never started, else 202, also where nobody
 * knows; a replay as the first request was, with the run as it is now, unless its caller waits. Tells `answered` the status
 * before it is sent.
 */
export async function sendStarted(
  reply: FastifyReply,
  run: Run,
  { isReplay, status: first }: Pick<AcceptedOnce<unknown>, 'isReplay' | 'status'>,
  answered: (status: number) => Promise<void>,
): Promise<void> {
  void reply.header('location', run.links.self.href);
  if (isReplay) void reply.header('idempotency-replayed', '?1');
  const { status, problem } = startAnswerOf(run, first);
  await answered(status);
  if (problem !== null) throw problem;
  if (!run.final) void reply.header('retry-after', String(lookAgainIn(run, Date.now())));
  void reply.code(status).send(run);
}

/** What a start is answered with, whose first answer had the status `first`: null, where there was none yet. */
export function startAnswerOf(
  run: Run,
  first: number | null,
): { readonly status: number; readonly problem: RecalledError | null } {
  const problem = first === null || first >= 400 ? problemOf(run) : null;
  if (problem !== null) return { status: problems[problem.code].status, problem };
  // What nobody knows was accepted, as a change of which nobody knows.
  const now = run.final && run.outcome !== 'unknown' ? 200 : 202;
  return { status: first !== null && first < 400 ? first : now, problem };
}

/** When it makes sense to look at a run again, in seconds: before it is sent nothing happens. */
export function lookAgainIn({ scheduledAt }: Pick<Run, 'scheduledAt'>, now: number): number {
  if (scheduledAt === null) return lookAgainSeconds;
  const seconds = Math.ceil((Date.parse(scheduledAt) - now) / 1_000);
  return Math.min(Math.max(seconds, lookAgainSeconds), mostSeconds);
}

/** Why a run was not started, as the problem that it is, with a link to its record; null where that is no failure. */
function problemOf(run: Run): RecalledError | null {
  const { error, outcome, links, id, connection, platform } = run;
  if (!run.final || run.status === 'cancelled') return null;
  if (outcome !== 'rejected' && outcome !== 'not_sent') return null;
  const known = error?.code ?? '';
  const code = isProblemCode(known) ? known : 'upstream_rejected';
  return new RecalledError({ code }, error?.message ?? 'It was not started.', {
    connection,
    platform,
    outcome,
    members: { run: id, links: { run: links.self } },
  });
}
