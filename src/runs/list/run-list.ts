import type { Connection } from '../../connections/connection.ts';
import type { RunStatus } from '../../domain/run.ts';
import type { Outcome } from '../../domain/errors.ts';
import type { StoredRecord } from '../../ledger/record.ts';
import type { KeptRun } from '../kept-run.ts';
import type { RunOrder, RunPlace } from '../run-index.ts';
import type { RunStore } from '../run-store.ts';

/** Which runs a list shows. */
export interface RunFilter {
  /** Native key and connection of a process. */
  readonly process: { readonly connection: string; readonly key: string } | null;
  readonly statuses: readonly RunStatus[] | null;
  readonly final: boolean | null;
  readonly outcome: Outcome | null;
  /** In ms since 1970. */
  readonly startedAfter: number | null;
  readonly startedBefore: number | null;
  readonly initiator: string | null;
  /** Any of them. */
  readonly labels: readonly string[] | null;
  readonly correlationId: string | null;
}

/** A page of runs, and where the next one begins. */
export interface RunPage {
  readonly runs: readonly StoredRecord<KeptRun>[];
  readonly next: RunPlace | null;
}

const readAtOnce = 200;
/** A page ends after so many runs were looked through, however few of them match. */
const mostLookedAt = 20_000;
/** And after so long: large records take their time, and who filters gets what was found so far. In ms. */
const longestMs = 1_500;
/** By its platform's clock a run may have begun so much sooner than it was made here, in ms. */
const clockSkewMs = 5 * 60_000;

/** Newest first, the id breaking ties. */
function isBefore(a: RunPlace, b: RunPlace): boolean {
  return a.createdAt === b.createdAt ? a.id > b.id : a.createdAt > b.createdAt;
}

/** Which runs of a connection a lane has. */
interface LaneOf {
  readonly connection: string;
  readonly order: RunOrder;
}

/** One connection's runs in their order, read as far as they are needed. */
class Lane {
  readonly #store: RunStore;
  readonly #of: LaneOf;
  /** The oldest one that was read. */
  #last: RunPlace | null;
  readonly #until: number;
  #skip = 0;
  #places: RunPlace[] = [];
  #records = new Map<string, StoredRecord<KeptRun>>();
  #isRead = false;

  constructor(store: RunStore, of: LaneOf, from: RunPlace | null, until: number | null) {
    this.#store = store;
    this.#of = of;
    this.#last = from;
    this.#until = Math.min(
      from?.createdAt ?? Number.MAX_SAFE_INTEGER,
      until === null ? Number.MAX_SAFE_INTEGER : until + clockSkewMs,
    );
  }

  /** The newest one that was not taken yet. */
  async head(): Promise<RunPlace | null> {
    while (this.#places.length === 0 && !this.#isRead) await this.#read();
    return this.#places[0] ?? null;
  }

  /** Takes it; null when its record is gone. */
  take(): StoredRecord<KeptRun> | null {
    const place = this.#places.shift();
    return place === undefined ? null : (this.#records.get(place.id) ?? null);
  }

  async #read(): Promise<void> {
    const { connection, order } = this.#of;
    const { index } = this.#store;
    const span = { from: 0, until: this.#until };
    const places = await index.between(connection, span, this.#skip, readAtOnce, order);
    this.#isRead = places.length < readAtOnce;
    const last = this.#last;
    this.#places = places.filter((place) => last === null || isBefore(last, place));
    // What comes meanwhile moves the others down: they are not shown twice.
    this.#last = this.#places.at(-1) ?? last;
    const records = await this.#store.records.readMany(this.#places.map(({ id }) => id));
    this.#records = new Map(records.map((record) => [record.id, record]));
    const gone = this.#places.filter(({ id }) => !this.#records.has(id)).map(({ id }) => id);
    await index.remove(connection, gone);
    this.#skip += places.length - gone.length;
  }
}

/** The runs of several connections in one order, newest first, from `from` on (exclusive). */
export async function listRuns(
  store: RunStore,
  connections: readonly Pick<Connection, 'id'>[],
  filter: RunFilter,
  { from, limit }: { readonly from: RunPlace | null; readonly limit: number },
  mostMs = longestMs,
): Promise<RunPage> {
  const until = performance.now() + mostMs;
  // What is in doubt may lie far behind a thousand runs of each day.
  const order = filter.outcome === 'unknown' ? 'doubted' : 'ordered';
  const lanes = connections.map(
    ({ id: connection }) => new Lane(store, { connection, order }, from, filter.startedBefore),
  );
  const runs: StoredRecord<KeptRun>[] = [];
  let last: RunPlace | null = null;
  for (let looked = 0; looked < mostLookedAt; looked += 1) {
    let newest: { lane: Lane; place: RunPlace } | null = null;
    for (const lane of lanes) {
      const place = await lane.head();
      if (place !== null && (newest === null || isBefore(place, newest.place)))
        newest = { lane, place };
    }
    if (newest === null) return { runs, next: null };
    const isLate = last !== null && performance.now() > until;
    if (runs.length === limit || isLate) return { runs, next: last };
    const record = newest.lane.take();
    last = newest.place;
    if (record !== null && matches(record.doc, filter)) runs.push(record);
  }
  return { runs, next: last };
}

function matches(run: KeptRun, filter: RunFilter): boolean {
  const { process, statuses, final, outcome, initiator, labels, correlationId } = filter;
  const started = Date.parse(run.startedAt ?? run.createdAt);
  return (
    (process === null || (run.connection === process.connection && run.process === process.key)) &&
    (statuses === null || statuses.includes(run.status)) &&
    (final === null || run.final === final) &&
    (outcome === null || run.outcome === outcome) &&
    (filter.startedAfter === null || started > filter.startedAfter) &&
    (filter.startedBefore === null || started < filter.startedBefore) &&
    (initiator === null || run.initiator === initiator) &&
    (labels === null || run.labels.some((label) => labels.includes(label))) &&
    (correlationId === null || run.correlationId === correlationId)
  );
}
