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
  const days = { from: dayOf(from - dayMs), to: dayOf(until + 2 * dayMs) };
  const pages = [await client.listExecutions(days, 0, signal)];
  const known = new Map<string, ExecutionWire>();
  for (;;) {
    const next = pagesLeft(pages, concurrency);
    const isNew = keepNew(known, pages);
    const oldest = startMs(pages.at(-1)?.items.at(-1));
    if (next === 0 || (!whole && oldest !== null && oldest < from)) break;
    if (!isNew) throw new UpstreamContractError('A list of executions repeats itself.');
    const size = pages[0]?.items.length ?? 0;
    const skips = Array.from({ length: next }, (_, index) => (pages.length + index) * size);
    const ahead = skips.map((skip) => client.listExecutions(days, skip, signal));
    pages.push(...(await Promise.all(ahead)));
  }
  return [...known.values()].filter((wire) => isIn(wire, from, until));
}

/** What begins while one reads moves the rest, so that an execution may be met twice. */
function keepNew(
  known: Map<string, ExecutionWire>,
  pages: readonly Page<ExecutionWire>[],
): boolean {
  const before = known.size;
  for (const { items } of pages) for (const wire of items) known.set(wire._id, wire);
  return known.size > before;
}

/** The canonical native id of an execution. */
export function nativeIdOf(wire: ExecutionWire): string {
  return encodeKey([wire._id]);
}

/** How many pages to ask for at once: as many as there are where the total is told, one where it is not. */
function pagesLeft(pages: readonly Page<ExecutionWire>[], concurrency: number): number {
  const size = pages[0]?.items.length ?? 0;
  const { total, items } = pages.at(-1) ?? { total: 0, items: [] };
  if (size === 0 || items.length < size) return 0;
  if (total === null) return 1;
  return Math.max(Math.min(Math.ceil(total / size) - pages.length, concurrency), 0);
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
