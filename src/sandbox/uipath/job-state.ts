import { Random } from '../kit/random.ts';
import { currentVersion, type StoredJob, type StoredRelease } from './state.ts';

/** The states that a job can be in, as the platform words them. */
export const jobStates = [
  'Pending',
  'Running',
  'Stopping',
  'Terminating',
  'Faulted',
  'Successful',
  'Stopped',
  'Suspended',
  'Resumed',
] as const;
export type JobState = (typeof jobStates)[number];

/** Where a job stands; times in ms since 1970, null while they lie ahead. */
export interface JobProgress {
  readonly state: JobState;
  readonly startMs: number | null;
  readonly endMs: number | null;
}

const pendingMs = 300;
const resumingMs = 300;
const stoppingMs = 1_000;
const terminatingMs = 500;
const smokeTestMs = 2_000;

/** What makes a job beside its release. */
export interface JobRequest extends Partial<StoredJob> {
  readonly id: number;
  readonly key: string;
  readonly createdMs: number;
}

/**
 * A job of a release. Its input arguments steer it, whatever the package declares: `in_DurationMs` (number), `in_Fail`
 * (true: ends Faulted), `in_SuspendAfterMs` (waits there until it is resumed), `in_IgnoreStop` (true: a soft stop does
 * not reach it) and `in_OutputChars` (length of its output).
 */
export function startedJob(release: StoredRelease, request: JobRequest): StoredJob {
  const steering = parsedInput(request.inputArguments ?? null);
  const number = (name: string): number | null => {
    const value = steering[name];
    return typeof value === 'number' && value >= 0 ? value : null;
  };
  const usual =
    release.processKey === 'SmokeTest'
      ? smokeTestMs
      : new Random(`uipath/duration/${request.key}`).int(4_000, 20_000);
  return {
    folderId: release.folderId,
    releaseId: release.id,
    releaseName: release.name,
    processKey: release.processKey,
    version: currentVersion(release).version,
    durationMs: number('in_DurationMs') ?? usual,
    fails: steering['in_Fail'] === true,
    ignoresStop: steering['in_IgnoreStop'] === true,
    suspendsAfterMs: number('in_SuspendAfterMs'),
    outputChars: number('in_OutputChars') ?? 0,
    inputArguments: null,
    robotId: 301,
    asked: {},
    resumedMs: null,
    stop: null,
    ...request,
  };
}

/** The arguments of a job as an object; empty when they are none. */
export function parsedInput(text: string | null): Readonly<Record<string, unknown>> {
  if (text === null || text === '') return {};
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Where a job stands at `now`. */
export function progressOf(job: StoredJob, now: number): JobProgress {
  const startMs = job.createdMs + pendingMs;
  const { stop } = job;
  if (stop !== null && stop.atMs < startMs && stop.atMs <= now)
    return { state: 'Stopped', startMs: null, endMs: stop.atMs };
  if (now < startMs) return { state: 'Pending', startMs: null, endMs: null };
  const waiting = waitOf(job, startMs, now);
  if (waiting !== null) return waiting;
  const endMs = endOf(job, startMs);
  if (stop !== null && stop.atMs < endMs && stop.atMs <= now) return stopping(job, endMs, now);
  if (now < endMs) return { state: 'Running', startMs, endMs: null };
  return { state: job.fails ? 'Faulted' : 'Successful', startMs, endMs };
}

/** Whether a job will change no more. */
export function isFinal(state: JobState): boolean {
  return state === 'Successful' || state === 'Faulted' || state === 'Stopped';
}

/** A job that waits for somebody, or has just been resumed; null for any other. */
function waitOf(job: StoredJob, startMs: number, now: number): JobProgress | null {
  if (job.suspendsAfterMs === null) return null;
  const { resumedMs, stop } = job;
  const at = startMs + job.suspendsAfterMs;
  if (now < at) return null;
  if (resumedMs !== null && now >= resumedMs)
    return now < resumedMs + resumingMs ? { state: 'Resumed', startMs, endMs: null } : null;
  if (stop !== null && stop.atMs >= at && stop.atMs <= now)
    return { state: 'Stopped', startMs, endMs: stop.atMs };
  return { state: 'Suspended', startMs, endMs: null };
}

function endOf(job: StoredJob, startMs: number): number {
  if (job.suspendsAfterMs === null) return startMs + job.durationMs;
  if (job.resumedMs === null) return Number.POSITIVE_INFINITY;
  return job.resumedMs + resumingMs + Math.max(job.durationMs - job.suspendsAfterMs, 0);
}

function stopping(job: StoredJob, endMs: number, now: number): JobProgress {
  const startMs = job.createdMs + pendingMs;
  const { atMs, strategy } = job.stop ?? { atMs: now, strategy: 'Kill' };
  const kill = strategy === 'Kill';
  const lastsUntil = kill
    ? atMs + terminatingMs
    : job.ignoresStop
      ? endMs
      : Math.min(endMs, atMs + stoppingMs);
  if (now < lastsUntil) return { state: kill ? 'Terminating' : 'Stopping', startMs, endMs: null };
  if (!kill && job.ignoresStop)
    return { state: job.fails ? 'Faulted' : 'Successful', startMs, endMs };
  return { state: 'Stopped', startMs, endMs: lastsUntil };
}
