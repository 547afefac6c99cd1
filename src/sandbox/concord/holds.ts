import type { Store } from '../kit/store.ts';
import { eventsOf, finalStatuses, statusOf } from './run.ts';
import type { ConcordState, Exclusive, Run } from './state.ts';

/** The member `exclusive` of a configuration, where its mode is to wait; the others, which stop runs, are not played. */
export function exclusiveOf(given: unknown): { readonly exclusive?: Exclusive } {
  if (typeof given !== 'object' || given === null) return {};
  const { group, mode } = given as Readonly<Record<string, unknown>>;
  return typeof group === 'string' && mode === 'wait' ? { exclusive: { group } } : {};
}

/** One more try of a run: it has to wait for the runs of its project and group that go on. */
export function attempt(state: ConcordState, run: Run): void {
  const now = Date.now();
  const runs = othersOf(state, run, now).map(({ id }) => id);
  if (runs.length > 0) state.held = [...(state.held ?? []), run.id];
  run.attempts.push({
    startMs: now,
    submissions: [],
    cancelMs: null,
    ...(runs.length === 0 ? {} : { hold: { runs, releasedMs: null } }),
  });
}

/** One that is to begin later holds up nobody before. */
function othersOf(state: ConcordState, { id, project, exclusive }: Run, now: number): Run[] {
  if (project === null || exclusive === undefined) return [];
  return Object.values(state.runs).filter(
    (other) =>
      other.id !== id &&
      other.project?.id === project.id &&
      other.exclusive?.group === exclusive.group &&
      (other.startAtMs ?? 0) <= now &&
      isGoingOn(other, now),
  );
}

function isGoingOn(run: Run, now: number): boolean {
  return !finalStatuses.includes(statusOf(run, now));
}

/** Lets those go on whose others have ended by now, in their order, for one that goes on may end and free the next. */
export function release(store: Store<ConcordState>): void {
  const { state } = store;
  if (state.held === undefined || state.held.length === 0) return;
  const now = Date.now();
  const before = state.held.length;
  state.held = state.held.filter((id) => {
    const run = state.runs[id];
    return run !== undefined && isHeldUp(state, run, now);
  });
  if (state.held.length < before) store.changed();
}

function isHeldUp(state: ConcordState, run: Run, now: number): boolean {
  const hold = run.attempts.at(-1)?.hold;
  if (hold === undefined || !isGoingOn(run, now)) return false;
  const others = hold.runs.flatMap((id) => state.runs[id] ?? []);
  if (others.some((other) => isGoingOn(other, now))) return true;
  hold.releasedMs = Math.max(0, ...others.map((other) => eventsOf(other, now).at(-1)?.atMs ?? 0));
  return false;
}

/** What a run waits for, as `/waits` tells it. */
export function waitsOf(state: ConcordState, run: Run): Record<string, unknown>[] {
  const now = Date.now();
  const hold = run.attempts.at(-1)?.hold;
  if (hold === undefined || statusOf(run, now) !== 'WAITING') return [];
  const processes = hold.runs.filter((id) => {
    const other = state.runs[id];
    return other !== undefined && isGoingOn(other, now);
  });
  return [
    {
      type: 'PROCESS_COMPLETION',
      reason: 'exclusive process',
      processes,
      finalStatuses,
      completeCondition: 'ALL',
      exclusive: true,
    },
  ];
}
