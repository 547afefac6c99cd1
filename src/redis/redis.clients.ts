import { Redis } from 'ioredis';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { BoundedRedis } from './bounded-redis.ts';
import type { Log } from '../telemetry/log.ts';

/** What a caller waits for fails after so long, in ms: less than the 250 ms in which a write has to be refused. */
const callerBoundMs = 200;
/** What nobody waits for at the door: work that has to be done all the same, and watchers, who may be many at once. In ms. */
const patientBoundMs = 5_000;
/** The same for the catalogue's short commands, which it times itself: this only ends what nobody waits for any more. */
const catalogueTimeoutMs = 1_000;
/** The same for commands that move snapshots, in ms. */
const bulkTimeoutMs = 15_000;
/** A Redis that says nothing for so long hangs: lists go on without it instead of waiting for each command, in ms. */
const bulkSilenceMs = 1_000;
const reconnectCapMs = 1_000;

const common = {
  lazyConnect: true,
  // A command that cannot be sent now fails now: waiting for Redis is decided by whoever asked, not here.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  retryStrategy: (times: number) => Math.min(50 * times, reconnectCapMs),
} as const;

/** Whom a process works for: callers, who are told at once that Redis is away, or nobody who waits. */
export type RedisRole = 'gateway' | 'worker';

/** When a client gives up on Redis, in ms. */
interface Timeouts {
  /** Of each command, not counting the time in which this process was too busy to read its answer. */
  readonly boundMs?: number;
  readonly commandTimeout?: number;
  readonly socketTimeout?: number;
}

/** The connections of one process to Redis. */
export class RedisClients {
  /** Short commands: state, leases, records. In a gateway those that a caller waits for. */
  readonly commands: Redis;
  /** The same for who can wait. */
  readonly patient: Redis;
  /** The same for what is cached, which may live in a Redis of its own. */
  readonly catalogue: Redis;
  /** Snapshots and ready answers: large values. */
  readonly bulk: Redis;
  /** Listens to what other processes tell; nothing else can be asked on it. */
  readonly subscriber: Redis;

  constructor(config: GatewayConfig['redis'], log: Log, role: RedisRole) {
    const url = config.url.reveal();
    const catalogueUrl = config.catalogueUrl?.reveal() ?? url;
    const open = (name: string, address: string, timeouts: Timeouts): Redis => {
      const options = { ...common, ...timeouts, connectionName: name };
      const { boundMs } = timeouts;
      const client =
        boundMs === undefined
          ? new Redis(address, options)
          : new BoundedRedis(address, boundMs, options);
      let down = false;
      client.on('error', (error: Error) => {
        if (!down) log.warn({ redis: name, reason: error.message }, 'Redis cannot be reached');
        down = true;
      });
      client.on('ready', () => {
        if (down) log.info({ redis: name }, 'Redis is back');
        down = false;
      });
      return client;
    };
    this.patient = open('patient', url, { boundMs: patientBoundMs });
    this.commands =
      role === 'worker' ? this.patient : open('commands', url, { boundMs: callerBoundMs });
    this.catalogue = open('catalogue', catalogueUrl, { commandTimeout: catalogueTimeoutMs });
    this.bulk = open('bulk', catalogueUrl, {
      commandTimeout: bulkTimeoutMs,
      socketTimeout: bulkSilenceMs,
    });
    this.subscriber = open('subscriber', url, {});
  }

  /** Connects all; rejects when one cannot. */
  async connect(): Promise<void> {
    await Promise.all(this.#all.map((client) => client.connect()));
  }

  close(): void {
    for (const client of this.#all) client.disconnect();
  }

  get #all(): readonly Redis[] {
    const { commands, patient, catalogue, bulk, subscriber } = this;
    return [...new Set([commands, patient, catalogue, bulk, subscriber])];
  }
}
