import { expect } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Run } from '../../src/domain/run.ts';
import type { Serving } from '../support/http.ts';
import { Program } from '../support/program.ts';
import { type OwnRedis, startOwnRedis } from '../support/redis.ts';
import { runOf, runThat } from '../support/runs.ts';
import { realServer } from './server.ts';

/** The agent runs three at once, and other specs start runs as well, sixty in one go among them. */
export const patienceMs = 600_000;

type Settings = Readonly<Record<string, unknown>>;

/** A key that no server knows. */
const wrongKey = Buffer.from('nobody').toString('base64');

/** A gateway, workers and a Redis of their own before the real Concord, all of them processes. */
export class ConcordStage implements Serving {
  readonly baseUrl: string;
  readonly #programs: readonly Program[];
  readonly #redis: OwnRedis;
  readonly #folder: string;

  private constructor(baseUrl: string, programs: readonly Program[], redis: OwnRedis, dir: string) {
    this.baseUrl = baseUrl;
    this.#programs = programs;
    this.#redis = redis;
    this.#folder = dir;
  }

  /** With connections to the real server that have these settings besides, and so many workers. */
  static async open(
    connections: Readonly<Record<string, Settings>>,
    workers: number,
  ): Promise<ConcordStage> {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-concord-'));
    const redis = await startOwnRedis();
    const { url, key } = realServer();
    const auth = { type: 'apiKey', key: { env: 'CONCORD_API_KEY' } };
    const platform = { platform: 'concord', baseUrl: url, auth };
    const file = join(folder, 'gateway.yaml');
    const named = Object.entries(connections).map(([id, more]) => [id, { ...platform, ...more }]);
    writeFileSync(file, stringify({ connections: Object.fromEntries(named) as object }));
    const env = {
      CONCORD_API_KEY: key,
      WRONG_KEY: wrongKey,
      GATEWAY_CONFIG: file,
      GATEWAY_DATA: join(folder, 'data'),
      REDIS_URL: redis.url,
      PORT: '0',
      LOG_LEVEL: 'trace',
    };
    const start = (name: string): Program => new Program(name, { cwd: folder, env });
    const gateway = start('main');
    const others = Array.from({ length: workers }, () => start('worker'));
    const [, baseUrl = ''] = await gateway.until(/"url":"([^"]+)".*"msg":"listening"/);
    await Promise.all(others.map((worker) => worker.until(/"msg":"working"/)));
    return new ConcordStage(baseUrl, [gateway, ...others], redis, folder);
  }

  /** Stops everything, and sees that no key was printed. */
  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop()));
    await this.#redis.remove();
    rmSync(this.#folder, { recursive: true });
    const printed = this.#programs.map(({ output }) => output).join('');
    for (const key of [realServer().key, wrongKey]) expect(printed).not.toContain(key);
  }

  /** A run as soon as it looks so. */
  async until(id: string, looksSo: (run: Run) => boolean): Promise<Run> {
    return runThat(this, id, looksSo, patienceMs);
  }

  /** A run as soon as it has ended; it is waited for as callers do, who are many here. */
  async ended(id: string): Promise<Run> {
    const until = Date.now() + patienceMs;
    for (;;) {
      const run = await runOf(this, id, '?wait=60');
      if (run.final) return run;
      if (Date.now() > until) throw new Error(`${id} does not end: ${JSON.stringify(run)}`);
    }
  }
}

/** Id of a flow of the platform checks. */
export function flowOf(name: string, connection = 'concord'): string {
  return `${connection}:Default:platform-checks:main:${encodeURIComponent(name)}`;
}
