import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Queue, Worker } from 'bullmq';
import { QueueConnections } from '../redis/queue-connections.ts';
import { Recurring } from '../redis/recurring.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { within } from '../timing/within.ts';
import { checkEveryMs, ConnectionChecks } from './connection-checks.ts';
import { type ConnectionCheckJob, connectionChecksQueue } from './connection-checks.queue.ts';
import { ConnectionRegistry } from './connection-registry.ts';

const concurrency = 8;
const closeMs = 5_000;

/**
 * Checks every connection twice a minute, once however many workers run: gateways answer from what was found, so that
 * looking at the health of upstreams costs them nothing.
 */
@Injectable()
export class ConnectionChecksProcessor implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #connections: ConnectionRegistry;
  readonly #checks: ConnectionChecks;
  readonly #redis: QueueConnections;
  readonly #log: Log;
  #queue: Queue<ConnectionCheckJob> | null = null;
  #worker: Worker<ConnectionCheckJob> | null = null;
  #schedules: readonly Recurring[] = [];

  constructor(
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(ConnectionChecks) checks: ConnectionChecks,
    @Inject(QueueConnections) redis: QueueConnections,
    @Inject(LOG) log: Log,
  ) {
    this.#connections = connections;
    this.#checks = checks;
    this.#redis = redis;
    this.#log = log;
  }

  async onApplicationBootstrap(): Promise<void> {
    const options = this.#redis.options();
    this.#queue = new Queue<ConnectionCheckJob>(connectionChecksQueue, options);
    this.#queue.on('error', (error) => {
      this.#log.warn({ reason: error.message }, 'The queue of checks cannot reach Redis');
    });
    await this.#schedule(this.#queue);
    this.#worker = new Worker<ConnectionCheckJob>(
      connectionChecksQueue,
      ({ data }) => this.#check(data),
      {
        ...options,
        concurrency,
      },
    );
    this.#worker.on('error', (error) => {
      this.#log.warn({ reason: error.message }, 'The worker of checks cannot reach Redis');
    });
  }

  /** Checks under way are finished; without Redis there is nobody to tell, and that is not waited for. */
  async onApplicationShutdown(): Promise<void> {
    for (const schedule of this.#schedules) schedule.stop();
    await within(Promise.all([this.#worker?.close(), this.#queue?.close()]), closeMs);
  }

  /** One schedule per configured connection; those of connections that are gone go. */
  async #schedule(queue: Queue<ConnectionCheckJob>): Promise<void> {
    const wanted = new Map(this.#connections.all().map(({ id }) => [schedulerOf(id), id]));
    for (const { key } of await queue.getJobSchedulers()) {
      if (!wanted.has(key)) await queue.removeJobScheduler(key);
    }
    const kept = { removeOnComplete: 10, removeOnFail: 10 };
    this.#schedules = [...wanted].map(([id, connection]) => {
      const check = { name: 'check', data: { connection }, opts: kept };
      const plan = (): Promise<unknown> =>
        queue.upsertJobScheduler(id, { every: checkEveryMs }, check);
      return new Recurring(queue, { id, everyMs: checkEveryMs, plan }, this.#log);
    });
    for (const schedule of this.#schedules) await schedule.start();
  }

  async #check({ connection }: ConnectionCheckJob): Promise<void> {
    const found = this.#connections.find(connection);
    // A worker of another configuration has planned it. If that is the newer one, the check has to stay.
    if (found === null) return;
    const { problem } = await this.#checks.check(found);
    if (problem !== null) this.#log.warn({ connection, ...problem }, 'A check found a problem');
  }
}

function schedulerOf(connection: string): string {
  return `check.${connection}`;
}
