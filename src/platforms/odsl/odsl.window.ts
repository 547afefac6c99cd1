import { UpstreamContractError } from '../../domain/errors.ts';
import { encodeKey } from '../../domain/ids.ts';
import { toInstant } from '../../domain/instant.ts';
import type { Page } from '../../upstream/walk.ts';
import type { OdslClient } from './odsl.client.ts';
import type { ExecutionWire } from './odsl.wire.ts';

/** Executions by the time they began, in ms since 1970. */
export interface ExecutionWindow {
  readonly from: number;
  /** Also what is still to begin, as far as this. */
  readonly until: number;
  /** Every page, for a proof: the order that the platform promises is not relied upon. */
  readonly whole: boolean;
}

const dayMs = 86_400_000;

/**
 * The executions that began in a window or have no beginning yet. The platform documents windows of whole days, in no
 * time zone that it names, so a day more is asked for on either side; the newest come first, and reading ends where the
 * window does.
 */
export async function executionsIn(
  client: OdslClient,
  { from, until, whole }: ExecutionWindow,
  concurrency: number,
  signal: AbortSignal,
): Promise<ExecutionWire[]> {
  const days = { from: dayOf(Math.max(from - dayMs, 0)), to: dayOf(until + 2 * dayMs) };
  const found = new Map<string, ExecutionWire>();
  let pages = [await client.listExecutions(days, 0, signal)];
  const size = pages[0]?.items.length ?? 0;
  for (let read = 1; ; read += pages.length) {
    const before = found.size;
    // What begins while one reads moves the rest, so that an execution may be met twice.
    for (const { items } of pages) for (const wire of items) found.set(wire._id, wire);
    const last = pages.at(-1);
    const oldest = startMs(last?.items.at(-1));
    const next = pagesAfter(last, { size, read, concurrency });
    if (next === 0 || (!whole && oldest !== null && oldest < from)) break;
    if (found.size === before)
      throw new UpstreamContractError('A list of executions repeats itself.');
    const skips = Array.from({ length: next }, (_, index) => (read + index) * size);
    pages = await Promise.all(skips.map((skip) => client.listExecutions(days, skip, signal)));
  }
  return executionsOf([...found.values()], { from, until });
}

/** Those of these executions that lie in a window. */
export function executionsOf(
  wires: readonly ExecutionWire[],
  { from, until }: Pick<ExecutionWindow, 'from' | 'until'>,
): ExecutionWire[] {
  return wires.filter((wire) => isIn(wire, from, until));
}

/** The window in which all of these lie. */
export function around(windows: readonly ExecutionWindow[]): ExecutionWindow {
  return {
    from: Math.min(...windows.map(({ from }) => from)),
    until: Math.max(...windows.map(({ until }) => until)),
    whole: windows.some(({ whole }) => whole),
  };
}

/** The canonical native id of an execution. */
export function nativeIdOf(wire: ExecutionWire): string {
  return encodeKey([wire._id]);
}

/** How many pages to ask for at once: as many as there are where the total is told, one where it is not. */
function pagesAfter(
  last: Page<ExecutionWire> | undefined,
  known: { readonly size: number; readonly read: number; readonly concurrency: number },
): number {
  const { size, read, concurrency } = known;
  if (last === undefined || size === 0 || last.items.length < size) return 0;
  if (last.total === null) return 1;
  return Math.max(Math.min(Math.ceil(last.total / size) - read, concurrency), 0);
}

function isIn(wire: ExecutionWire, from: number, until: number): boolean {
  const at = startMs(wire);
  return at === null || (at >= from && at <= until);
}

function startMs(wire: ExecutionWire | undefined): number | null {
  const at = toInstant(wire?.start);
  return at === null ? null : Date.parse(at);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
