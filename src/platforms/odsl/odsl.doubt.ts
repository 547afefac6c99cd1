import { isMark } from '../../domain/run.ts';
import type { Reconciliation } from '../../domain/write.ts';
import { executionsOf, nativeIdOf, startMs } from './odsl.window.ts';
import type { ExecutionWire } from './odsl.wire.ts';

/** A start whose mark does not show. */
interface Sought {
  readonly name: string;
  readonly calledAlso: string | null;
  readonly reason: string;
  /** When its run was to begin, and the earliest and latest that it may have, in ms since 1970. */
  readonly at: number;
  readonly from: number;
  readonly until: number;
}

type Undecided = Extract<Reconciliation<never>, { state: 'undecided' }>;

/** So many runs that may be it are named. */
const mostOffered = 50;
/** Triggers of runs that nobody asked for. */
const ownTriggers = new Set(['scheduled', 'subscription', 'event']);

/**
 * Why these executions leave a start in doubt, or null when they do not. What began after its time is not offered to who
 * has to tell, or there would be more of it with each day; but it may have had to wait for its turn, so that nothing is
 * proved.
 */
export function doubtOf(wires: readonly ExecutionWire[], sought: Sought): Undecided | null {
  const { name, from, at, until } = sought;
  const possible = wires.filter((wire) => isCandidate(wire, sought));
  if (possible.length === 0) return null;
  const farFrom = (wire: ExecutionWire): number => Math.abs((startMs(wire) ?? until) - at);
  const inTime = executionsOf(possible, { from, until });
  const named = inTime.toSorted((a, b) => farFrom(a) - farFrom(b)).slice(0, mostOffered);
  return {
    state: 'undecided',
    why: reasonOf(name, inTime.length),
    candidates: named.map(nativeIdOf),
  };
}

function reasonOf(name: string, count: number): string {
  if (count === 0)
    return `OpenDataDSL shows no run of ${name} with the mark of this start, only such as began later than it was to: it may be one that had to wait for its turn.`;
  const many = count === 1 ? 'a run' : `${count} runs`;
  const named = count > mostOffered ? `: the ${mostOffered} nearest to it are named` : '';
  return `OpenDataDSL shows ${many} of ${name} that somebody started at that time, and none with the mark of this start${named}.`;
}

/**
 * Whether a run may be the one: of this process, or of nobody knows which, and begun neither by the platform itself nor
 * by another start of a gateway.
 */
function isCandidate(wire: ExecutionWire, { name, calledAlso, reason }: Sought): boolean {
  const mark = wire.reason?.trim() ?? '';
  if (mark !== reason && isMark(mark)) return false;
  const isOfProcess =
    wire.name === null || wire.name === undefined || wire.name === name || wire.name === calledAlso;
  return isOfProcess && !ownTriggers.has((wire.trigger ?? '').toLowerCase());
}
