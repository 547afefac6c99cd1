import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, type Queue, Worker } from 'bullmq';
import type { ChangeReceipt } from '../domain/change.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { defaultLedgerTiming } from '../ledger/ledger-kind.ts';
import { addAdvance, type LedgerJob } from '../ledger/ledger.queue.ts';
import { isSettled } from '../ledger/ledger-steps.ts';
import type { LedgerEntry } from '../ledger/record.ts';
import type { KeptOperation } from '../operations/kept-operation.ts';
import type { OperationQueues } from '../operations/operation-queues.ts';
import type { OperationStore } from '../operations/operation-store.ts';
import { importQueueOf, operationsQueue } from '../operations/operations.queue.ts';
import type { QueueConnections } from '../redis/queue-connections.ts';
import type { Log } from '../telemetry/log.ts';
import { within } from '../timing/within.ts';

/** What imports are worked off with. */
export interface ImportLineParts {
  readonly ledger: Pick<Ledger<KeptOperation, ChangeReceipt>, 'advance' | 'close'>;
  readonly store: OperationStore;
  readonly queues: OperationQueues;
  readonly redis: QueueConnections;
  readonly log: Log;
  /** How long what is being sent may take when the worker is closed, in ms. */
  readonly drainMs: number;
  /** As the ledger has it; its own when left out. */
  readonly lateMs?: number;
}

const lockMs = 15_000;
const stalledEveryMs = 5_000;
const sweepAfterMs = 15_000;
const pauseMs = 1_000;
/** So often somebody looks whether what is waited for is settled. */
const lookMs = 2_000;
const closeMs = 2_000;

/**
 * The imports of one connection, one at a time and in their order, however many workers run: the next one begins once what
 * became of the one before is settled, or nothing more can come of it.
 */
export class ImportLine {
  readonly #connection: string;
  readonly #parts: ImportLineParts;
  readonly #closing = new AbortController();
  #worker: Worker<LedgerJob> | null = null;

  constructor(connection: string, parts: ImportLineParts) {
    this.#connection = connection;
    this.#parts = parts;
  }

  open(): void {
    const { queues, redis, log } = this.#parts;
    const name = importQueueOf(this.#connection);
    this.#worker = new Worker<LedgerJob>(name, (job) => this.#work(job), {
      ...redis.options(),
      autorun: false,
      concurrency: 1,
      lockDuration: lockMs,
      stalledInterval: stalledEveryMs,
      maxStalledCount: 1_000,
    });
    this.#worker.on('error', (error) => {
      log.warn({ reason: error.message, queue: name }, 'The worker of imports cannot reach Redis');
    });
    void this.#run(queues.named(name), this.#worker);
  }

  /** What is being sent gets its answer; what only waits is taken up by the next worker, before all that came later. */
  async close(): Promise<void> {
    this.#closing.abort();
    await within(this.#parts.ledger.close(), this.#parts.drainMs);
    await within(this.#worker?.close(true) ?? Promise.resolve(), closeMs);
  }

  /** Nothing is taken before all workers know that it is one at a time. */
  async #run(queue: Queue<LedgerJob>, worker: Worker<LedgerJob>): Promise<void> {
    const { log } = this.#parts;
    while (!this.#closing.signal.aborted) {
      try {
        await queue.setGlobalConcurrency(1);
        await worker.run();
        return;
      } catch (error) {
        log.warn({ reason: String(error), queue: queue.name }, 'Imports cannot be taken up yet');
        await this.#pause(pauseMs);
      }
    }
  }

  async #work({ data: { id } }: Job<LedgerJob>): Promise<void> {
    for (;;) {
      // A job that never ends stalls: whoever takes up its queue begins with it.
      if (this.#closing.signal.aborted) await new Promise(() => undefined);
      const again = await this.#advance(id);
      if (again === null) return;
      await this.#rest(id, again);
    }
  }

  /** Waits, but not for what others settle meanwhile: another worker that still had it, or a person. */
  async #rest(id: string, ms: number): Promise<void> {
    const until = performance.now() + ms;
    for (
      let left = ms;
      left > 0 && !this.#closing.signal.aborted;
      left = until - performance.now()
    ) {
      await this.#pause(Math.min(left, lookMs));
      const record = await this.#parts.store.records.read(id).catch(() => null);
      const entry = record?.ledger ?? null;
      if (entry !== null && isSettled(entry)) return;
    }
  }

  /** Takes it a step further; null: it is not in the line any more, else when to go on with it, in ms from now. */
  async #advance(id: string): Promise<number | null> {
    const { ledger, store, queues, log } = this.#parts;
    try {
      // Whoever was sending it has lost its job, and cannot be asked.
      const again = await ledger.advance(id, { alone: true });
      if (again === null) {
        await store.open.remove(id);
        return null;
      }
      const now = await store.records.now();
      await store.open.add(id, now + again + sweepAfterMs);
      const entry = (await store.records.read(id))?.ledger ?? null;
      if (entry !== null && !this.#isOver(entry, now)) return again;
      await addAdvance(queues.named(operationsQueue), id, again);
      return null;
    } catch (error) {
      log.warn({ id, reason: String(error) }, 'An import cannot be taken up; it is tried again');
      return pauseMs;
    }
  }

  /** Whether nothing more can come of it, though nobody may know what has. */
  #isOver(entry: LedgerEntry, now: number): boolean {
    const { lateMs = defaultLedgerTiming.late } = this.#parts;
    if (entry.state !== 'unknown') return isSettled(entry);
    // What the platform has said yes to may show as late as what it was given up for.
    const mayCome = entry.mayBeLate === true || entry.isTaken === true;
    return now >= (entry.sentUntil ?? now) + (mayCome ? lateMs : 0);
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}
