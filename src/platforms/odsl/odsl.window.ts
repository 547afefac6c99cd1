import { UpstreamContractError } from '../../domain/errors.ts';
import { encodeKey } from '../../domain/ids.ts';
import { toInstant } from '../../domain/instant.ts';
import type { Page } from '../../upstream/walk.ts';
import type { OdslClient } from './odsl.client.ts';
import type { ExecutionWire } from './odsl.wire.ts';

/** What lists executions. */
export type ExecutionLists = Pick<OdslClient, 'listExecutions'>;

/** Executions by the time they began, in ms since 1970. */
export interface ExecutionWindow {
  readonly from: number;
  /** Also what is still to begin, as far as this. */
  readonly until: number;
  /** Every page, for a proof: the order that the platform promises is not relied upon. */
  readonly whole: boolean;
}

/** How a window is read. */
interface Reading {
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Whether what lists have shown by now is all that is wanted; absent: the window is. */
  readonly isEnough?: () => boolean;
}

type ExecutionPage = Page<ExecutionWire>;

const dayMs = 86_400_000;

/**
 * The executions that began in a window or have no beginning yet. The platform documents windows of whole days, in no
 * time zone that it names, so a day more is asked for on either side; the newest come first, reading begins where the window
 * does, as far as their number is told, and ends where it ends.
 */
export async function executionsIn(
  client: ExecutionLists,
  { from, until, whole }: ExecutionWindow,
  { concurrency, signal, isEnough }: Reading,
): Promise<ExecutionWire[]> {
  const days = { from: dayOf(Math.max(from - dayMs, 0)), to: dayOf(until + 2 * dayMs) };
  const list = (skip: number): Promise<ExecutionPage> => client.listExecutions(days, skip, signal);
  const found = new Map<string, ExecutionWire>();
  const first = await list(0);
  const size = first.items.length;
  const newer = whole ? 0 : await newerThan(until, first, list);
  let pages = [newer === 0 ? first : await list(newer)];
  for (let read = 1; ; read += pages.length) {
    const before = found.size;
    // What begins while one reads moves the rest, so that an execution may be met twice.
    for (const { items } of pages) for (const wire of items) found.set(wire._id, wire);
    if (isEnough?.() === true) break;
    const last = pages.at(-1);
    const oldest = startMs(last?.items.at(-1));
    const next = pagesAfter(last, { newer, size, read, concurrency });
    if (next === 0 || (!whole && oldest !== null && oldest < from)) break;
    if (found.size === before)
      throw new UpstreamContractError('A list of executions repeats itself.');
    const skips = Array.from({ length: next }, (_, index) => newer + (read + index) * size);
    pages = await Promise.all(skips.map(list));
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

/**
 * So many are newer than that at least, found by halves: to read all of them may take longer than there is. What begins
 * meanwhile moves the others back, so that no fewer are.
 */
async function newerThan(
  until: number,
  { items, total }: ExecutionPage,
  list: (skip: number) => Promise<ExecutionPage>,
): Promise<number> {
  const isNewer = (wire: ExecutionWire | undefined): boolean => (startMs(wire) ?? 0) > until;
  if (total === null || !isNewer(items.at(-1))) return 0;
  let newer = items.length;
  for (let most = total; most - newer > items.length;) {
    const middle = Math.floor((newer + most) / 2);
    if (isNewer((await list(middle)).items[0])) newer = middle;
    else most = middle;
  }
  return newer;
}

/** How many pages to ask for at once: as many as there are where the total is told, one where it is not. */
function pagesAfter(
  last: ExecutionPage | undefined,
  known: {
    readonly newer: number;
    readonly size: number;
    readonly read: number;
    readonly concurrency: number;
  },
): number {
  const { newer, size, read, concurrency } = known;
  if (last === undefined || size === 0 || last.items.length < size) return 0;
  if (last.total === null) return 1;
  return Math.max(Math.min(Math.ceil((last.total - newer) / size) - read, concurrency), 0);
}

function isIn(wire: ExecutionWire, from: number, until: number): boolean {
  const at = startMs(wire);
  return at === null || (at >= from && at <= until);
}

/** When an execution began, in ms since 1970; null where that is not known. */
export function startMs(wire: ExecutionWire | undefined): number | null {
  const at = toInstant(wire?.start);
  return at === null ? null : Date.parse(at);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
