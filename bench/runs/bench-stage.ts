import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { stringify } from 'yaml';
import type { Budget } from '../../src/domain/budget.ts';
import type { Run } from '../../src/domain/run.ts';
import { platforms } from '../../src/platforms/all.ts';
import { eventually } from '../../test/support/eventually.ts';
import { Program } from '../../test/support/program.ts';

const secrets = {
  SANDBOX_SECRET: 'sandbox-secret',
  SANDBOX_TOKEN: 'sandbox-token',
  SANDBOX_PASSWORD: 'sandbox-password',
};

/** A list of processes, as far as it is read here. */
interface Processes {
  readonly data: readonly { readonly id: string }[];
}

const mostTries = 20;
let stages = 0;

/** One sandbox, one gateway and one worker, each a process of its own, on keys of their own in a Redis. */
export class BenchStage {
  readonly platform: string;
  readonly redis: Redis;
  readonly prefix: string;
  readonly upstream: string;
  readonly url: string;
  readonly gateway: Program;
  readonly worker: Program;
  readonly #sandbox: Program;
  readonly #folder: string;

  private constructor(made: {
    platform: string;
    redis: Redis;
    prefix: string;
    upstream: string;
    url: string;
    gateway: Program;
    worker: Program;
    sandbox: Program;
    folder: string;
  }) {
    this.platform = made.platform;
    this.redis = made.redis;
    this.prefix = made.prefix;
    this.upstream = made.upstream;
    this.url = made.url;
    this.gateway = made.gateway;
    this.worker = made.worker;
    this.#sandbox = made.sandbox;
    this.#folder = made.folder;
  }

  static async open(platform: string, redisUrl: string): Promise<BenchStage> {
    const described = platforms.find(({ name }) => name === platform);
    if (described === undefined) throw new Error(`there is no platform ${platform}`);
    const folder = mkdtempSync(join(tmpdir(), 'bench-runs-'));
    const sandbox = new Program('sandbox', {
      args: ['--only', described.sandbox],
      env: {},
      cwd: folder,
    });
    const [, upstream = ''] = await sandbox.until(/^\w+ +(http:\S+)$/m);
    stages += 1;
    const prefix = `bench-runs-${process.pid}-${stages}`;
    const file = join(folder, 'gateway.yaml');
    writeFileSync(
      file,
      stringify({
        redis: { prefix },
        connections: {
          [platform]: { ...described.sandboxConnection(upstream), sandbox: true },
        },
      }),
    );
    const env = {
      ...secrets,
      GATEWAY_CONFIG: file,
      REDIS_URL: redisUrl,
      PORT: '0',
      LOG_LEVEL: 'info',
    };
    const gateway = new Program('main', { env, cwd: folder });
    const worker = new Program('worker', { env, cwd: folder });
    const [, url = ''] = await gateway.until(/"url":"([^"]+)".*"msg":"listening"/);
    await worker.until(/"msg":"working"/);
    const redis = new Redis(redisUrl);
    return new BenchStage({
      platform,
      redis,
      prefix,
      upstream,
      url,
      gateway,
      worker,
      sandbox,
      folder,
    });
  }

  /** The process called so. */
  async process(name = 'Smoke test'): Promise<string> {
    return eventually(async () => {
      const answer = await fetch(`${this.url}/v1/processes?name=${encodeURIComponent(name)}`);
      const [first] = ((await answer.json()) as Processes).data;
      if (first === undefined) throw new Error(`${this.platform} has no ${name}`);
      return first.id;
    });
  }

  /** Starts a process; the answer once it is there. A gateway that is too busy is asked again. */
  async start(
    process: string,
    body: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Run> {
    const key = randomUUID();
    for (let tries = 1; ; tries += 1) {
      const answer = await fetch(`${this.url}/v1/processes/${encodeURIComponent(process)}/runs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key, ...headers },
        body: JSON.stringify(body),
      });
      const text = await answer.text();
      if (answer.ok) return JSON.parse(text) as Run;
      if (![409, 503].includes(answer.status) || tries === mostTries)
        throw new Error(`a start was answered ${answer.status}: ${text}`);
      await sleep(1_000);
    }
  }

  async run(id: string): Promise<Run> {
    const answer = await fetch(`${this.url}/v1/runs/${encodeURIComponent(id)}`);
    if (!answer.ok) throw new Error(`${id} was answered ${answer.status}`);
    return (await answer.json()) as Run;
  }

  /** What the platform publishes of how often it may be asked, as the gateway keeps it. */
  async budget(): Promise<Budget | null> {
    const answer = await fetch(`${this.url}/v1/connections/${this.platform}`);
    if (!answer.ok) throw new Error(`the connection was answered ${answer.status}`);
    return ((await answer.json()) as { readonly budget: Budget | null }).budget;
  }

  /** Requests that have reached the sandbox since the last `forgetRequests`, without the paths' control ones. */
  async requests(): Promise<readonly string[]> {
    return (await (await fetch(`${this.upstream}/_sandbox/requests`)).json()) as string[];
  }

  async forgetRequests(): Promise<void> {
    await fetch(`${this.upstream}/_sandbox/requests`, { method: 'DELETE' });
  }

  /** How many runs are watched over. */
  async watched(): Promise<number> {
    return this.redis.zcard(`${this.prefix}:runs:{${this.platform}}:due`);
  }

  async close(): Promise<void> {
    await Promise.all([this.gateway.stop(), this.worker.stop()]);
    await this.#sandbox.stop();
    rmSync(this.#folder, { recursive: true, force: true });
    for await (const keys of this.redis.scanStream({ match: `*${this.prefix}*`, count: 1_000 })) {
      const found = keys as string[];
      if (found.length > 0) await this.redis.unlink(...found);
    }
    this.redis.disconnect();
  }
}
