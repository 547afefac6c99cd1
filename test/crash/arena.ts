import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/embedded/redis-server.ts';
import type { Fault } from '../../src/sandbox/kit/faults.ts';
import { watchers } from '../../src/sandbox/kit/sandbox.ts';
import { eventually } from '../support/eventually.ts';
import { type Differences, type Gateway, Stage } from '../support/gateway.ts';
import type { Program } from '../support/program.ts';
import { aloud, testProgram } from '../support/redis.ts';
import { Blows, startPath } from './blows.ts';
import { listenToCommands } from './commands.ts';
import { type ArenaOptions, connectionsOf } from './lanes.ts';

/** What is killed. */
export type Victim = 'gateway' | 'worker' | 'redis';

/** A gateway, a worker and a durable Redis, each of which can be killed and comes back; the platforms stay. */
export class Arena {
  readonly stage: Stage;
  readonly #dataDir: string;
  readonly #differences: Differences;
  #redis: EmbeddedRedis;
  #isDeaf = false;
  #commands: Socket | null = null;
  /** Null while it is being started again. */
  #gateway: Gateway | null = null;
  #worker: Program | null = null;
  readonly #watchers = new Set<(command: string) => void>();
  readonly kills: Record<Victim, number> = { gateway: 0, worker: 0, redis: 0 };
  readonly blows = new Blows();

  private constructor(
    stage: Stage,
    dataDir: string,
    redis: EmbeddedRedis,
    lanes: ReadonlyMap<string, string>,
  ) {
    this.stage = stage;
    this.#differences = { config: { connections: connectionsOf(stage, lanes) } };
    this.#dataDir = dataDir;
    this.#redis = redis;
  }

  static async open({ connection = {}, lanes = new Map() }: ArenaOptions = {}): Promise<Arena> {
    const dataDir = await mkdtemp(join(tmpdir(), 'process-gateway-crash-'));
    const redis = await startRedis(dataDir);
    // A request is given up soon, so that what became of it is looked up soon.
    const settings = { timeout: '3s', ...connection };
    const stage = await Stage.open({ redisUrl: redis.url, connection: settings });
    const arena = new Arena(stage, dataDir, redis, lanes);
    const differences = arena.#differences;
    [arena.#gateway, arena.#worker] = await Promise.all([
      stage.gateway(differences),
      stage.worker(differences),
    ]);
    await arena.#listen();
    return arena;
  }

  /** The gateway as soon as there is one. */
  async gateway(): Promise<Gateway> {
    return eventually(() => {
      if (this.#gateway === null) throw new Error('the gateway does not come back');
      return this.#gateway;
    }, 60_000);
  }

  /** The worker that is killed, as it was started last. */
  get worker(): Program {
    if (this.#worker === null) throw new Error('there is no worker');
    return this.#worker;
  }

  /** One more worker; it is the one that is killed from now on. */
  async addWorker(): Promise<void> {
    this.#worker = await this.stage.worker(this.#differences);
  }

  /** From now on nobody is told of commands, which costs Redis as much as carrying them out does. */
  deafen(): void {
    this.#isDeaf = true;
    this.#commands?.destroy();
  }

  /** Kills in its tracks, and starts it again. */
  async kill(victim: Victim): Promise<void> {
    this.kills[victim] += 1;
    if (victim === 'gateway') {
      const gateway = this.#gateway;
      this.#gateway = null;
      await gateway?.kill();
      this.#gateway = await this.stage.gateway(this.#differences);
    } else if (victim === 'worker') {
      const from = Date.now();
      await this.#worker?.kill();
      this.blows.killed({ from, until: Date.now() });
      this.#worker = await this.stage.worker(this.#differences);
    } else {
      this.#commands?.destroy();
      process.kill(this.#redis.pid, 'SIGKILL');
      await this.#redis.ended;
      this.#redis = await startRedis(this.#dataDir);
      await this.#listen();
    }
  }

  /** Resolves when Redis is given a command of this text; within its tick. */
  command(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const watch = (command: string): void => {
        if (!pattern.test(command)) return;
        this.#watchers.delete(watch);
        resolve();
      };
      this.#watchers.add(watch);
    });
  }

  /** Resolves when a platform, whichever it is or this one, has made its answer to a start, before any of it has left. */
  answer(platform: string | null = null): Promise<void> {
    return new Promise((resolve) => {
      const watch = (sandbox: string, exchange: { method: string; url: string }): void => {
        if (platform !== null && sandbox !== platform) return;
        if (exchange.method !== 'POST' || !startPath.test(exchange.url)) return;
        watchers.delete(watch);
        resolve();
      };
      watchers.add(watch);
    });
  }

  /** Resolves when a start has arrived at a platform. */
  async arrival(platform: string): Promise<void> {
    const count = (): number =>
      this.stage
        .sandbox(platform)
        .requests()
        .filter((each) => each.startsWith('POST') && startPath.test(each)).length;
    const before = count();
    await eventually(() => {
      if (count() <= before) throw new Error(`no start arrives at ${platform}`);
    }, 20_000);
  }

  /** Lets the next start on a platform meet a fault. */
  hit(platform: string, fault: Fault): void {
    this.blows.arm(platform, fault.kind);
    const { faults } = this.stage.sandbox(platform);
    faults.add({ method: 'POST', path: startPath.source, times: 1, fault });
  }

  forget(): void {
    this.#watchers.clear();
    for (const sandbox of this.stage.sandboxes.values()) sandbox.faults.clear();
  }

  async close(): Promise<void> {
    this.#commands?.destroy();
    this.blows.stop();
    await this.stage.close();
    await this.#redis.stop();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  async #listen(): Promise<void> {
    if (this.#isDeaf) return;
    this.#commands = await listenToCommands(this.#redis.url, (command) => {
      for (const watch of [...this.#watchers]) watch(command);
    });
  }
}

async function startRedis(dataDir: string): Promise<EmbeddedRedis> {
  return startEmbeddedRedis({ dataDir, program: await testProgram(), say: aloud });
}
