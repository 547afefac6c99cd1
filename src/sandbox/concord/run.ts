import { uuidOf } from '../kit/random.ts';
import { type Act, play } from './flow.ts';
import type { Attempt, Run } from './state.ts';

/** A status that a run has or had. */
export interface StatusEvent {
  readonly status: string;
  readonly atMs: number;
  /** Whether the history shows it: the server keeps some for itself. */
  readonly recorded: boolean;
}

export const agentId = uuidOf('concord/agent');

export const finalStatuses: readonly string[] = ['FINISHED', 'FAILED', 'CANCELLED', 'TIMED_OUT'];

/** How long the stages before the first step take, in ms after the start. */
const preparingMs = 60;
const enqueuedMs = 250;
const startingMs = 200;
const runningMs = 450;
/** How long the dispatcher takes to see that a run has to wait, or has to no more. */
const dispatchMs = 100;
/** How long an agent takes to notice that a run was stopped. */
export const killMs = 1_500;

/** An attempt's statuses, and the acts between them. */
export interface Course {
  readonly attempt: Attempt;
  readonly events: readonly StatusEvent[];
  readonly acts: readonly { readonly act: Act; readonly startMs: number; readonly endMs: number }[];
}

/** Everything that happens to a run unless somebody interferes, the future included. */
export function coursesOf(run: Run): readonly Course[] {
  return run.attempts.map((attempt) => courseOf(run, attempt));
}

function courseOf(run: Run, attempt: Attempt): Course {
  const { startMs } = attempt;
  const events = [event('NEW', startMs), event('PREPARING', startMs + preparingMs, false)];
  if (run.refusal !== null) {
    events.push(event('FAILED', startMs + enqueuedMs));
    return cancelled({ attempt, events, acts: [] });
  }
  const acts: { act: Act; startMs: number; endMs: number }[] = [];
  const scheduledMs = attempt === run.attempts[0] ? (run.startAtMs ?? 0) : 0;
  let queuedMs = startMs + enqueuedMs;
  for (const [index, act] of actsOf(run, attempt).entries()) {
    events.push(event('ENQUEUED', queuedMs));
    if (index === 0) {
      const dueMs = Math.max(queuedMs, scheduledMs - startingMs);
      const { heldEvents, freeMs } = heldUp(attempt, dueMs);
      events.push(...heldEvents);
      if (freeMs === null) break;
      queuedMs = freeMs;
    }
    const beginMs = queuedMs + startingMs + runningMs;
    const limitMs = run.timeoutMs ?? Number.POSITIVE_INFINITY;
    const timedOut = act.durationMs > limitMs;
    const endMs = beginMs + Math.min(act.durationMs, limitMs);
    events.push(
      event('STARTING', beginMs - runningMs),
      event('RUNNING', beginMs),
      event(timedOut ? 'TIMED_OUT' : act.end, endMs),
    );
    acts.push({ act, startMs: beginMs, endMs });
    const submission = attempt.submissions[index];
    if (submission === undefined || timedOut) break;
    events.push(event('RESUMING', submission.atMs));
    queuedMs = submission.atMs + startingMs;
  }
  return cancelled({ attempt, events, acts });
}

function event(status: string, atMs: number, recorded = true): StatusEvent {
  return { status, atMs, recorded };
}

/** What the dispatcher does with a run whose group is busy; `freeMs` is null while it is. */
function heldUp(
  { hold }: Attempt,
  dueMs: number,
): { readonly heldEvents: readonly StatusEvent[]; readonly freeMs: number | null } {
  const waitingMs = dueMs + dispatchMs;
  const releasedMs = hold === undefined ? 0 : hold.releasedMs;
  if (releasedMs !== null && releasedMs <= waitingMs) return { heldEvents: [], freeMs: dueMs };
  const waiting = event('WAITING', waitingMs);
  if (releasedMs === null) return { heldEvents: [waiting], freeMs: null };
  const freeMs = releasedMs + dispatchMs;
  return { heldEvents: [waiting, event('ENQUEUED', freeMs)], freeMs };
}

/** What was stopped does nothing of what was to come. */
function cancelled(course: Course): Course {
  const { cancelMs } = course.attempt;
  if (cancelMs === null) return course;
  const before = course.events.filter(({ atMs }) => atMs < cancelMs);
  const last = before.at(-1)?.status ?? '';
  if (finalStatuses.includes(last)) return { ...course, events: before };
  return { ...course, events: [...before, event('CANCELLED', cancelMs)] };
}

function actsOf(run: Run, attempt: Attempt): readonly Act[] {
  if (run.steps === null) return [missingFlow(run)];
  const values = attempt.submissions.map((submission) => submission.values);
  const initial = { ...run.arguments, txId: run.id };
  return play(run.steps, initial, values);
}

/** A flow that is not there is noticed by the process that was to run it. */
function missingFlow({ flow, hasFile }: Run): Act {
  const text = hasFile
    ? `\njava.lang.IllegalArgumentException: Flow not found: ${flow}\n\tat com.walmartlabs.concord.runtime.v2.runner.Runner.start(Runner.java:75)`
    : `main -> unhandled exception\nio.takari.bpm.api.ExecutionException: Process '${flow}' not found`;
  return {
    durationMs: 300,
    lines: [{ afterMs: 5, level: 'ERROR', text, task: null }],
    end: 'FAILED',
    error: hasFile ? null : `Process '${flow}' not found`,
    form: null,
    checkpoints: [],
    variables: {},
  };
}

/** The statuses until `now` (ms since 1970), oldest first. */
export function eventsOf(run: Run, now: number): StatusEvent[] {
  return coursesOf(run)
    .flatMap(({ events }) => events)
    .filter(({ atMs }) => atMs <= now);
}

export function statusOf(run: Run, now: number): string {
  return eventsOf(run, now).at(-1)?.status ?? 'NEW';
}

/** The act that has ended last by `now`, while nothing came after it. */
export function lastActOf(run: Run, now: number): Act | null {
  const course = coursesOf(run).at(-1);
  if (course === undefined) return null;
  const { cancelMs } = course.attempt;
  const ended = course.acts.filter(
    ({ endMs }) => endMs <= now && (cancelMs === null || endMs < cancelMs),
  );
  return ended.at(-1)?.act ?? null;
}

/** Whether somebody is waited for; then the last act has its form. */
export function waitingFormOf(run: Run, now: number): Act['form'] {
  return statusOf(run, now) === 'SUSPENDED' ? (lastActOf(run, now)?.form ?? null) : null;
}

/** Stops a run: what only waits ends at once, what an agent has ends when the agent hears of it. */
export function stop(run: Run, now: number): boolean {
  const status = statusOf(run, now);
  const attempt = run.attempts.at(-1);
  if (attempt?.cancelMs !== null || finalStatuses.includes(status)) return false;
  const atAgent = ['STARTING', 'RUNNING', 'RESUMING'].includes(status);
  attempt.cancelMs = now + (atAgent ? killMs : 0);
  return true;
}
