import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { dataFolder } from '../config/data-folder.ts';
import { configFile, type ReadConfig, readConfig } from '../config/load-config.ts';
import type { Secret } from '../config/secret.ts';
import { platforms } from '../platforms/all.ts';
import { lookAround, StartError } from '../preflight.ts';
import { Child, ChildFailedError } from './child.ts';
import { claim } from './claim-folder.ts';
import { folderProblem, makeFolder } from './data-folder-mark.ts';
import { KeptRedis } from './kept-redis.ts';
import { freePort } from './redis-address.ts';
import { findRedisServer, redisCacheDir } from './redis-find.ts';
import { sandboxConnections } from './sandbox-connections.ts';
import { boundUrl, type Running, summary } from './summary.ts';

const graceMs = 10_000;
/** What ending takes besides waiting for answers. */
const afterDrainMs = 10_000;
const usualDrainMs = 25_000;
const readyWithinMs = 60_000;
const pollMs = 100;

/** Credentials of the sandboxes, where a configuration refers to them; nothing real stands behind them. */
const sandboxSecrets = {
  SANDBOX_SECRET: 'sandbox-secret',
  SANDBOX_TOKEN: 'sandbox-token',
  SANDBOX_PASSWORD: 'sandbox-password',
};

/** Everything that was started, to be stopped in good order: callers first, Redis last. */
export class Everything {
  readonly #say: (line: string) => void;
  readonly #env: NodeJS.ProcessEnv;
  readonly #folder: string;
  #sandbox: Child | null = null;
  #sandboxUrls: Readonly<Record<string, string>> | null = null;
  #servers: Child[] = [];
  #redis: KeptRedis | null = null;
  #redisStarts: Promise<KeptRedis> | null = null;
  #stopped: Promise<void> | null = null;
  #drainMs = usualDrainMs;

  constructor(env: NodeJS.ProcessEnv, say: (line: string) => void) {
    this.#env = env;
    this.#say = say;
    this.#folder = dataFolder(env);
  }

  /** Starts what is not there yet, and resolves once the gateway is ready. Throws `StartError` and Redis' own errors. */
  async start(): Promise<void> {
    const read = readConfig(this.#env, platforms);
    await this.#check(read);
    this.#drainMs = read.file?.worker.drain ?? usualDrainMs;
    this.#refuseIfStopping();
    this.#makeFolder();
    const [redisUrl, config] = await Promise.all([
      this.#ownRedis(read.redisUrl),
      configFile(this.#env) ?? this.#sandboxes(),
    ]);
    const port = read.port === 0 ? await freePort() : read.port;
    this.#refuseIfStopping();
    const env = {
      ...this.#env,
      ...sandboxSecrets,
      GATEWAY_CONFIG: config,
      REDIS_URL: redisUrl,
      PORT: String(port),
    };
    this.#servers = [
      this.#child('gateway', ['../main.js'], env),
      this.#child('worker', ['../worker.js'], env),
    ];
    for (const server of this.#servers) server.launch();
    const running: Running = {
      host: read.host,
      port,
      connections:
        read.file === null
          ? Object.keys(sandboxConnections({}))
          : Object.keys(read.file.connections),
      sandboxes: this.#sandboxUrls,
      redis: this.#redis?.first ?? null,
      folder: this.#folder,
    };
    await Promise.race([untilReady(running), ...this.#servers.map((server) => server.failed)]);
    this.#say(summary(running));
  }

  /** Rejects when one of the processes cannot be kept alive. */
  async failed(): Promise<never> {
    const parts = [...this.#servers, this.#sandbox, this.#redis].filter((part) => part !== null);
    return Promise.race(parts.map((part) => part.failed));
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Waits for no answer any more: what has none is looked up at the next start. */
  hurry(): void {
    for (const child of [...this.#servers, this.#sandbox]) child?.kill();
  }

  async #stop(): Promise<void> {
    const withinMs = this.#drainMs + afterDrainMs;
    await Promise.all(this.#servers.map((server) => server.stop(withinMs)));
    await this.#sandbox?.stop(graceMs);
    // One that is still starting has to be there before it can be ended; why one cannot start, `start` tells.
    const [redis] = await Promise.allSettled([this.#redisStarts]);
    if (redis.status === 'fulfilled') await redis.value?.stop();
  }

  /** What is asked to stop while it starts has to start nothing more: nobody would end it. */
  #refuseIfStopping(): void {
    if (this.#stopped !== null) throw new StartError(['it was asked to stop']);
  }

  async #check(read: ReadConfig): Promise<void> {
    const { problems, warnings } = await lookAround(read, { port: true });
    const claimed = await claim(this.#folder);
    const inUse =
      claimed === null
        ? [
            `another start uses the data folder ${this.#folder}: stop it, or set GATEWAY_DATA to another one`,
          ]
        : [];
    const folder = folderProblem(this.#folder);
    const all = [...read.problems, ...problems, ...inUse, ...(folder === null ? [] : [folder])];
    if (all.length > 0) throw new StartError(all, warnings);
    for (const warning of warnings) this.#say(`\n  WARNING: ${warning}.\n`);
  }

  #makeFolder(): void {
    try {
      makeFolder(this.#folder);
    } catch (error) {
      throw new StartError([(error as Error).message]);
    }
  }

  /** The Redis that was named, else one of our own in the data folder. */
  async #ownRedis(named: Secret | null): Promise<string> {
    if (named !== null) return named.reveal();
    const say = this.#say;
    const program = await findRedisServer({
      cacheDir: redisCacheDir(this.#env),
      env: this.#env,
      say,
    });
    this.#refuseIfStopping();
    this.#redisStarts = KeptRedis.start({ dataDir: this.#folder, program, say });
    this.#redis = await this.#redisStarts;
    return this.#redis.first.url;
  }

  /** Starts the sandboxes, and writes a configuration that connects to them. */
  async #sandboxes(): Promise<string> {
    this.#sandbox = this.#child(
      'sandboxes',
      ['../sandbox.js', '--data', join(this.#folder, 'sandbox')],
      this.#env,
    );
    const { urls } = (await this.#sandbox.start()) as { urls: Record<string, string> };
    this.#sandboxUrls = urls;
    const file = join(this.#folder, 'sandbox.gateway.yaml');
    writeFileSync(file, stringify({ connections: sandboxConnections(urls) }));
    return file;
  }

  #child(
    name: string,
    [program, ...args]: readonly [string, ...string[]],
    env: NodeJS.ProcessEnv,
  ): Child {
    return new Child({
      name,
      program: [fileURLToPath(new URL(program, import.meta.url)), ...args],
      env,
      logFile: join(this.#folder, 'logs', `${name}.log`),
      say: this.#say,
    });
  }
}

async function untilReady({ host, port }: Running): Promise<void> {
  const url = `${boundUrl(host, port)}/health/ready`;
  const until = Date.now() + readyWithinMs;
  while (Date.now() < until) {
    const ready = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) return;
    await sleep(pollMs);
  }
  throw new ChildFailedError(`The gateway did not get ready within ${readyWithinMs / 1_000} s.`);
}
