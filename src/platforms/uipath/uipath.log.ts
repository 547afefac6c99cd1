import type { LineLogPart } from '../../domain/adapter.ts';
import { decodeKey } from '../../domain/ids.ts';
import { type Instant, toInstant } from '../../domain/instant.ts';
import type { LogLine, RunRef } from '../../domain/run.ts';
import type { Page } from '../../upstream/walk.ts';
import { isGuid } from './uipath.key.ts';
import { toLogLine } from './uipath.run-mapper.ts';
import type { LogCall, UipathRunsClient } from './uipath.runs-client.ts';
import type { UipathRuns } from './uipath.runs.ts';
import type { LogWire } from './uipath.wire.ts';

/** A time as it may stand bare in a filter. */
const bareTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
/** More than any run writes: a list that claims more would take for ever. */
const mostPages = 10_000;

/** Logs: what robots wrote about a job. */
export class UipathLog implements LineLogPart {
  readonly kind = 'lines';
  readonly isWhole = false;
  readonly #client: UipathRunsClient;

  readonly #runs: UipathRuns;

  constructor(client: UipathRunsClient, runs: UipathRuns) {
    this.#client = client;
    this.#runs = runs;
  }

  async lines(
    { nativeId }: RunRef,
    after: Instant | null,
    signal: AbortSignal,
  ): Promise<AsyncIterable<readonly LogLine[]> | null> {
    const [key = '', ...more] = decodeKey(nativeId);
    if (!isGuid(key) || more.length > 0) return null;
    const first = await this.#client.listLogs({ key, from: after, skip: 0 }, signal);
    // A filter by a key that no job has finds nothing, as one by a job that wrote nothing does.
    const isUnknown = first.items.length === 0 && after === null;
    if (isUnknown && (await this.#runs.find(nativeId, signal)) === null) return null;
    return this.#walk({ key, from: after, skip: 0 }, first, signal);
  }

  /**
   * Each page begins at the time of the last line before it, and leaves out those of that time that are known: lines have
   * no number to go by, and stores of logs refuse to skip many.
   */
  async *#walk(
    { key, from, skip }: LogCall,
    first: Page<LogWire>,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LogLine[]> {
    let call = { key, from, skip };
    let { items, total } = first;
    for (let page = 1; ; page += 1) {
      yield items.map(toLogLine);
      const isLast = items.length === 0 || (total !== null && total <= call.skip + items.length);
      if (isLast || page >= mostPages) return;
      const last = anchorOf(items);
      const anchor = last === call.from ? null : last;
      const known = anchor === null ? call.skip + items.length : linesAt(anchor, items);
      call = { key, from: anchor ?? call.from, skip: known };
      ({ items, total } = await this.#client.listLogs(call, signal));
    }
  }
}

/** The time of the last line; null when it cannot be asked for. */
function anchorOf(items: readonly LogWire[]): string | null {
  const at = items.at(-1)?.TimeStamp ?? '';
  return bareTime.test(at) && toInstant(at) !== null ? at : null;
}

/** How many lines at the end of a page have its last time. */
function linesAt(anchor: string, items: readonly LogWire[]): number {
  const before = items.findLastIndex(({ TimeStamp: at }) => at !== anchor);
  return items.length - 1 - before;
}
