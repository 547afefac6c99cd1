import { Redis } from 'ioredis';
import type { GatewayConfig } from '../config/gateway.config.ts';
import type { Log } from '../telemetry/log.ts';

/** After which a short command counts as failed, in ms: less than the 250 ms in which a write has to be refused. */
const commandTimeoutMs = 200;
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

/** When a client gives up on Redis, in ms. */
interface Timeouts {
  readonly commandTimeout?: number;
  readonly socketTimeout?: number;
}

/** The connections of one process to Redis. */
export class RedisClients {
  /** Short commands: state, leases, records. */
  readonly commands: Redis;
  /** The same for what is cached, which may live in a Redis of its own. */
  readonly catalogue: Redis;
  /** Snapshots and ready answers: large values. */
  readonly bulk: Redis;
  /** Listens to what other processes tell; nothing else can be asked on it. */
  readonly subscriber: Redis;

  constructor(config: GatewayConfig['redis'], log: Log) {
    const url = config.url.reveal();
    const catalogueUrl = config.catalogueUrl?.reveal() ?? url;
    const open = (name: string, address: string, timeouts: Timeouts): Redis => {
      const client = new Redis(address, { ...common, ...timeouts, connectionName: name });
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
    this.commands = open('commands', url, { commandTimeout: commandTimeoutMs });
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
    return [this.commands, this.catalogue, this.bulk, this.subscriber];
  }
}
