import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Queue, Worker } from 'bullmq';
import { within } from '../../timing/within.ts';
import { ConnectionRegistry } from '../../connections/connection-registry.ts';
import { Recurring } from '../../redis/recurring.ts';
import { QueueConnections } from '../../redis/queue-connections.ts';
import type { Log } from '../../telemetry/log.ts';
import { LOG } from '../../telemetry/telemetry.module.ts';
import { RunPoller } from './run-poller.ts';
import { RunStore } from '../run-store.ts';
import { RunUpkeep } from './run-upkeep.ts';
import { type RunPollJob, runPollsQueue, tickEveryMs } from '../runs.queue.ts';

const concurrency = 16;
const closeMs = 5_000;
/** A job whose worker is gone is taken up by another one after so long, in ms. */
const lockMs = 10_000;
const stalledEveryMs = 5_000;
const upkeepEveryMs = 3_600_000;
/** A look that fails in the gateway itself is repeated by the next tick; what has piled up is of no use. */
const kept = { removeOnComplete: true, removeOnFail: true };

/**
 * Polls runs, however many workers there are: one tick a second for all of them finds the connections that have runs due,
 * and each of those gets one job at a time. What is due lies in Redis, so live runs need no timers.
 */
@Injectable()
export class RunPollsProcessor implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #connections: ConnectionRegistry;
  readonly #store: RunStore;
  readonly #poller: RunPoller;
  readonly #upkeep: RunUpkeep;
  readonly #redis: QueueConnections;
  readonly #log: Log;
  #queue: Queue<RunPollJob> | null = null;
  #worker: Worker<RunPollJob> | null = null;
  #ticks: Recurring | null = null;
  /** In ms since 1970 by the clock of the store. */
  #keptUpAt = 0;

  constructor(
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(RunStore) store: RunStore,
    @Inject(RunPoller) poller: RunPoller,
    @Inject(QueueConnections) redis: QueueConnections,
    @Inject(LOG) log: Log,
  ) {
    this.#connections = connections;
    this.#store = store;
    this.#poller = poller;
    this.#upkeep = new RunUpkeep(store);
    this.#redis = redis;
    this.#log = log;
  }

  async onApplicationBootstrap(): Promise<void> {
    const options = this.#redis.options();
    const queue = new Queue<RunPollJob>(runPollsQueue, options);
    this.#queue = queue;
    queue.on('error', (error) => {
      this.#log.warn({ reason: error.message }, 'The queue of runs cannot reach Redis');
    });
    const tick = (): Promise<unknown> =>
      queue.upsertJobScheduler(
        'tick',
        { every: tickEveryMs },
        { name: 'tick', data: { connection: null }, opts: kept },
      );
    const job = { id: 'tick', everyMs: tickEveryMs, plan: tick };
    this.#ticks = new Recurring(queue, job, this.#log);
    await this.#ticks.start();
    this.#worker = new Worker<RunPollJob>(
      runPollsQueue,
      ({ data }) => (data.connection === null ? this.#tick(queue) : this.#poll(data.connection)),
      {
        ...options,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: stalledEveryMs,
        maxStalledCount: 10,
      },
    );
    this.#worker.on('error', (error) => {
      this.#log.warn({ reason: error.message }, 'The worker of runs cannot reach Redis');
    });
    this.#worker.on('failed', (job, error) => {
      this.#log.error({ err: error, job: job?.data }, 'Runs could not be looked at');
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.#ticks?.stop();
    await within(Promise.all([this.#worker?.close(), this.#queue?.close()]), closeMs);
  }

  async #tick(queue: Queue<RunPollJob>): Promise<void> {
    const now = await this.#store.records.now();
    for (const { id } of this.#connections.all()) {
      const next = await this.#store.polls.next(id);
      if (next === null || next > now) continue;
      await queue.add('poll', { connection: id }, { ...kept, jobId: `poll.${id}` });
    }
    if (now - this.#keptUpAt < upkeepEveryMs) return;
    this.#keptUpAt = now;
    for (const { id } of this.#connections.all()) await this.#upkeep.keep(id);
  }

  async #poll(id: string): Promise<void> {
    const connection = this.#connections.find(id);
    if (connection !== null) await this.#poller.poll(connection);
  }
}
