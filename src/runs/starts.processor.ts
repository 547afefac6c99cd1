import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DelayedError, type Job, Queue, Worker } from 'bullmq';
import { within } from '../timing/within.ts';
import type { StartReceipt } from '../domain/run.ts';
import { Ledger } from '../ledger/ledger.ts';
import { addAdvance, type LedgerJob, ledgerQueue } from '../ledger/ledger.queue.ts';
import { Recurring } from '../redis/recurring.ts';
import { QueueConnections } from '../redis/queue-connections.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import type { KeptRun } from './kept-run.ts';
import { RunStore } from './run-store.ts';

/** The ledger of starts. */
export const START_LEDGER = Symbol('start ledger');

/** Writes wait for answers most of the time: a platform that hangs must not keep those of the others. */
const concurrency = 256;
const closeMs = 5_000;
const lockMs = 15_000;
const stalledEveryMs = 5_000;
const sweepEveryMs = 15_000;
const sweptAtOnce = 1_000;
const kept = { removeOnComplete: true, removeOnFail: true };

/** Sends starts. A sweep adds again the job of what was accepted and has lost it: Redis and the queue are not one. */
@Injectable()
export class StartsProcessor implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #ledger: Ledger<KeptRun, StartReceipt>;
  readonly #store: RunStore;
  readonly #redis: QueueConnections;
  readonly #log: Log;
  #queue: Queue<LedgerJob> | null = null;
  #worker: Worker<LedgerJob> | null = null;
  #sweeps: Recurring | null = null;

  constructor(
    @Inject(START_LEDGER) ledger: Ledger<KeptRun, StartReceipt>,
    @Inject(RunStore) store: RunStore,
    @Inject(QueueConnections) redis: QueueConnections,
    @Inject(LOG) log: Log,
  ) {
    this.#ledger = ledger;
    this.#store = store;
    this.#redis = redis;
    this.#log = log;
  }

  async onApplicationBootstrap(): Promise<void> {
    const options = this.#redis.options();
    const queue = new Queue<LedgerJob>(ledgerQueue, options);
    this.#queue = queue;
    queue.on('error', (error) => {
      this.#log.warn({ reason: error.message }, 'The queue of starts cannot reach Redis');
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
      ledgerQueue,
      (job, token) => (job.name === 'sweep' ? this.#sweep(queue) : this.#advance(job, token)),
      {
        ...options,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: stalledEveryMs,
        maxStalledCount: 1_000,
      },
    );
    this.#worker.on('error', (error) => {
      this.#log.warn({ reason: error.message }, 'The worker of starts cannot reach Redis');
    });
    this.#worker.on('failed', (job, error) => {
      this.#log.error(
        { err: error, job: job?.data },
        'A start could not be taken up; the sweep does it',
      );
    });
  }

  /** What is being sent gets its answer; what has to end sooner is found out by whoever takes it up. */
  async onApplicationShutdown(): Promise<void> {
    this.#sweeps?.stop();
    await within(Promise.all([this.#worker?.close(), this.#queue?.close()]), closeMs);
  }

  async #advance(job: Job<LedgerJob>, token: string | undefined): Promise<void> {
    const { id } = job.data;
    const again = await this.#ledger.advance(id);
    if (again === null) {
      await this.#store.open.remove(id);
      return;
    }
    const at = Date.now() + again;
    await this.#store.open.add(id, (await this.#store.records.now()) + again + sweepEveryMs);
    await job.moveToDelayed(at, token);
    throw new DelayedError();
  }

  async #sweep(queue: Queue<LedgerJob>): Promise<void> {
    const now = await this.#store.records.now();
    const ids = await this.#store.open.overdue(now, sweptAtOnce);
    for (const { id, doc } of await this.#store.records.readMany(ids)) {
      // Who stored it may have ended before it was in the lists.
      await this.#store.index.add(doc.connection, { createdAt: Date.parse(doc.createdAt), id });
    }
    for (const id of ids) {
      await this.#store.open.add(id, now + sweepEveryMs);
      await addAdvance(queue, id);
    }
  }
}
