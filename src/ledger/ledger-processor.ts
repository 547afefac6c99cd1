import { DelayedError, type Job, Queue, Worker } from 'bullmq';
import type { QueueConnections } from '../redis/queue-connections.ts';
import { Recurring } from '../redis/recurring.ts';
import type { Log } from '../telemetry/log.ts';
import { within } from '../timing/within.ts';
import type { Ledger } from './ledger.ts';
import { addAdvance, type LedgerJob } from './ledger.queue.ts';
import type { OpenRecords } from './open-records.ts';
import type { RecordStore } from './record-store.ts';

/** What the writes of one kind are worked off with. */
export interface LedgerProcessorOptions<D extends object, R> {
  /** Name of the queue. */
  readonly queue: string;
  /** What its writes are called in the log, as `starts`. */
  readonly noun: string;
  readonly ledger: Ledger<D, R>;
  readonly records: RecordStore<D>;
  readonly open: OpenRecords;
  /** Called with what is overdue before its jobs are added again. */
  readonly overdue?: (ids: readonly string[]) => Promise<void>;
  /** Where what has lost its job waits for one. Absent: in the queue. */
  readonly queueOf?: (id: string) => Promise<Queue<LedgerJob>>;
  /** How long what is being sent may take when the worker is closed, in ms. */
  readonly drainMs: number;
}

/** Writes wait for answers most of the time: a platform that hangs must not keep those of the others. */
const concurrency = 256;
const closeMs = 3_000;
const lockMs = 15_000;
const stalledEveryMs = 5_000;
const sweepEveryMs = 15_000;
const sweptAtOnce = 1_000;
const kept = { removeOnComplete: true, removeOnFail: true };

/** Sends writes. A sweep adds again the job of what was accepted and has lost it: Redis and the queue are not one. */
export class LedgerProcessor<D extends object, R> {
  readonly #options: LedgerProcessorOptions<D, R>;
  readonly #redis: QueueConnections;
  readonly #log: Log;
  #queue: Queue<LedgerJob> | null = null;
  #worker: Worker<LedgerJob> | null = null;
  #sweeps: Recurring | null = null;

  constructor(options: LedgerProcessorOptions<D, R>, redis: QueueConnections, log: Log) {
    this.#options = options;
    this.#redis = redis;
    this.#log = log;
  }

  async open(): Promise<void> {
    const { noun, queue: name } = this.#options;
    const connection = this.#redis.options();
    const queue = new Queue<LedgerJob>(name, connection);
    this.#queue = queue;
    queue.on('error', (error) => {
      this.#log.warn({ reason: error.message }, `The queue of ${noun} cannot reach Redis`);
    });
    const sweep = (): Promise<unknown> =>
      queue.upsertJobScheduler(
        'sweep',
        { every: sweepEveryMs },
        { name: 'sweep', data: { id: '' }, opts: kept },
      );
    const job = { id: 'sweep', everyMs: sweepEveryMs, plan: sweep };
    this.#sweeps = new Recurring(queue, job, this.#log);
    await this.#sweeps.start();
    this.#worker = new Worker<LedgerJob>(
      name,
      (job, token) => (job.name === 'sweep' ? this.#sweep(queue) : this.#advance(job, token)),
      {
        ...connection,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: stalledEveryMs,
        maxStalledCount: 1_000,
      },
    );
    this.#worker.on('error', (error) => {
      this.#log.warn({ reason: error.message }, `The worker of ${noun} cannot reach Redis`);
    });
    this.#worker.on('failed', (job, error) => {
      this.#log.error(
        { err: error, job: job?.data },
        `One of the ${noun} could not be taken up; the sweep does it`,
      );
    });
  }

  /** What is being sent gets its answer; what has to end sooner is found out by whoever takes it up. */
  async close(): Promise<void> {
    const { ledger, drainMs } = this.#options;
    this.#sweeps?.stop();
    const closed = Promise.all([this.#worker?.close(), this.#queue?.close()]);
    // It may fail before it is waited for.
    closed.catch(() => undefined);
    await within(ledger.close(), drainMs);
    await within(closed, closeMs);
  }

  async #advance(job: Job<LedgerJob>, token: string | undefined): Promise<void> {
    const { ledger, open, records, queue, queueOf } = this.#options;
    const { id } = job.data;
    const own = await queueOf?.(id);
    if (own !== undefined && own.name !== queue) {
      await addAdvance(own, id);
      return;
    }
    const again = await ledger.advance(id);
    if (again === null) {
      await open.remove(id);
      return;
    }
    const at = Date.now() + again;
    await open.add(id, (await records.now()) + again + sweepEveryMs);
    await job.moveToDelayed(at, token);
    throw new DelayedError();
  }

  async #sweep(queue: Queue<LedgerJob>): Promise<void> {
    const { open, records, overdue, queueOf } = this.#options;
    const now = await records.now();
    const ids = await open.overdue(now, sweptAtOnce);
    await overdue?.(ids);
    for (const id of ids) {
      await open.add(id, now + sweepEveryMs);
      await addAdvance((await queueOf?.(id)) ?? queue, id);
    }
  }
}
