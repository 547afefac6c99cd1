import { sandboxConnections } from '../../src/embedded/sandbox-connections.ts';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { stringify } from 'yaml';
import { platforms } from '../../src/platforms/all.ts';
import { sandboxes as starters } from '../../src/sandbox/index.ts';
import type { Sandbox } from '../../src/sandbox/kit/sandbox.ts';
import { Program } from './program.ts';
import { contentsOf } from './redis-contents.ts';

/** The secrets that the configuration of a sandbox refers to. */
export const sandboxSecrets = {
  SANDBOX_SECRET: 'sandbox-secret',
  SANDBOX_TOKEN: 'sandbox-token',
  SANDBOX_PASSWORD: 'sandbox-password',
};

/** What sandboxes take, what they hand out for it, and what stands in their processes: nothing of it may be shown or kept. */
export const credentials =
  /sandbox-(secret|token|password|(odsl|frends)-access-token|uipath-(app|session))|frends-secret|a-wrong-secret|c2FuZGJveC/;

/** Sections of a configuration file. */
export type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What a stage is set up with. */
export interface StageOptions {
  /** Processes on each sandbox; the company's own when left out. */
  readonly size?: number;
  /** Sections of the configuration, on top of what a stage needs. */
  readonly config?: Sections;
  /** Settings of every connection, on top of the sandbox's own. */
  readonly connection?: Readonly<Record<string, unknown>>;
  /** A Redis of the suite's own; the run's when left out. */
  readonly redisUrl?: string;
}

/** What one gateway or worker has that the others of its stage have not. */
export interface Differences {
  readonly config?: Sections;
  readonly env?: Readonly<Record<string, string>>;
}

/** A gateway that takes requests. */
export interface Gateway extends Program {
  readonly baseUrl: string;
}

/**
 * Sandboxes in this process, so that their requests, ledgers and faults are at hand, a prefix in Redis and a folder;
 * and the gateways and workers that run on them as processes of their own.
 */
export class Stage {
  readonly sandboxes: Map<string, Sandbox>;
  readonly folder: string;
  /** What every key in Redis begins with. */
  readonly prefix: string;
  readonly redis: Redis;
  readonly #redisUrl: string;
  readonly #options: StageOptions;
  readonly #programs: Program[] = [];

  private constructor(sandboxes: Map<string, Sandbox>, options: StageOptions) {
    this.sandboxes = sandboxes;
    this.#options = options;
    this.folder = mkdtempSync(join(tmpdir(), 'process-gateway-e2e-'));
    this.prefix = `e2e.${randomBytes(4).toString('hex')}`;
    this.#redisUrl = options.redisUrl ?? process.env['TEST_REDIS_URL'] ?? '';
    this.redis = new Redis(this.#redisUrl, { maxRetriesPerRequest: 2 });
    // A suite may take its Redis away; each command rejects by itself.
    this.redis.on('error', () => undefined);
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    const running = await Promise.all(
      platforms.map(async ({ name }) => [name, await startSandbox(name, 0, options)] as const),
    );
    return new Stage(new Map(running), options);
  }

  sandbox(platform: string): Sandbox {
    const found = this.sandboxes.get(platform);
    if (found === undefined) throw new Error(`there is no sandbox of ${platform}`);
    return found;
  }

  /** Starts the sandbox of a platform again where it was, after it was closed; what it held is as it was seeded. */
  async reopen(platform: string): Promise<void> {
    const { url } = this.sandbox(platform);
    const port = Number(new URL(url).port);
    this.sandboxes.set(platform, await startSandbox(platform, port, this.#options));
  }

  /** How many requests have reached the sandboxes since their start or the last `forget`. */
  requestCount(): number {
    return [...this.sandboxes.values()].reduce((sum, each) => sum + each.requests().length, 0);
  }

  /** Clears the faults and the requests of all sandboxes. */
  forget(): void {
    for (const sandbox of this.sandboxes.values()) {
      sandbox.faults.clear();
      sandbox.forget();
    }
  }

  /** The settings of a connection to each sandbox, as a configuration file has them. */
  connections(): Record<string, Readonly<Record<string, unknown>>> {
    return Object.fromEntries(
      platforms.map((platform) => [
        platform.name,
        {
          ...platform.sandboxConnection(this.sandbox(platform.name).url),
          sandbox: true,
          ...this.#options.connection,
        },
      ]),
    );
  }

  /** Those that `npm start` has, further environments of a sandbox included. */
  asStarted(): Record<string, Readonly<Record<string, unknown>>> {
    const urls = [...this.sandboxes].map(([name, { url }]) => [name, url] as const);
    return sandboxConnections(Object.fromEntries(urls));
  }

  async gateway(differences: Differences = {}): Promise<Gateway> {
    const program = this.start('main', differences);
    const [, url = ''] = await program.until(/"url":"([^"]+)".*"msg":"listening"/);
    return Object.assign(program, { baseUrl: url });
  }

  async worker(differences: Differences = {}): Promise<Program> {
    const program = this.start('worker', differences);
    await program.until(/"msg":"working"/);
    return program;
  }

  /** Starts a program on the stage's configuration without waiting for anything. */
  start(name: 'main' | 'worker', { config = {}, env = {} }: Differences): Program {
    const file = join(this.folder, `${this.#programs.length}.yaml`);
    writeFileSync(file, stringify(this.#configuration(config)));
    const program = new Program(name, {
      cwd: this.folder,
      env: {
        ...sandboxSecrets,
        GATEWAY_CONFIG: file,
        REDIS_URL: this.#redisUrl,
        PORT: '0',
        LOG_LEVEL: 'trace',
        ...env,
      },
    });
    this.#programs.push(program);
    return program;
  }

  /** Everything that its programs have printed so far. */
  output(): string {
    return this.#programs.map((program) => program.output).join('');
  }

  /** Every key of the stage in Redis, and everything that they hold. */
  kept(): Promise<string> {
    return contentsOf(this.redis, `*${this.prefix}*`);
  }

  /** Neither in what was logged nor in what is kept. */
  async expectNoCredentials(): Promise<void> {
    for (const text of [this.output(), await this.kept()]) {
      const found = text.split('\n').filter((line) => credentials.test(line));
      if (found.length > 0) throw new Error(`credentials in:\n${found.join('\n').slice(0, 2_000)}`);
    }
  }

  /** Stops what still runs, sees that no credential was left anywhere, and removes what was made. */
  async close(): Promise<void> {
    const running = this.#programs.filter((program) => !program.hasEnded);
    await Promise.all(running.map((program) => program.stop()));
    await Promise.all([...this.sandboxes.values()].map((sandbox) => sandbox.close()));
    rmSync(this.folder, { recursive: true, force: true });
    try {
      await this.expectNoCredentials();
      await this.#removeKeys();
    } finally {
      this.redis.disconnect();
    }
  }

  async #removeKeys(): Promise<void> {
    for await (const keys of this.redis.scanStream({ match: `*${this.prefix}*`, count: 1_000 })) {
      const found = keys as string[];
      if (found.length > 0) await this.redis.unlink(...found);
    }
  }

  #configuration(changes: Sections): object {
    const sections: Sections = {
      redis: { prefix: this.prefix },
      files: { directory: join(this.folder, 'files') },
      connections: this.connections(),
    };
    const merged: Record<string, Record<string, unknown>> = {};
    for (const layer of [sections, this.#options.config ?? {}, changes]) {
      for (const [name, section] of Object.entries(layer)) {
        merged[name] = { ...merged[name], ...section };
      }
    }
    return merged;
  }
}

async function startSandbox(name: string, port: number, { size }: StageOptions): Promise<Sandbox> {
  const start = starters[platforms.find((each) => each.name === name)?.sandbox ?? ''];
  if (start === undefined) throw new Error(`there is no sandbox of ${name}`);
  return start({ port, ...(size === undefined ? {} : { size }) });
}
