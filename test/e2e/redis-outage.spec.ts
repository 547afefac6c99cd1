import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ReadinessDto } from '../../src/health/health.dto.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/embedded/redis-server.ts';
import type { Problem } from '../../src/http/problem.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get, list, type MergedList } from '../support/http.ts';
import { importFile, type ImportPlanBody } from '../support/imports.ts';
import type { Program } from '../support/program.ts';
import { aloud, type OwnRedis, startOwnRedis, testProgram } from '../support/redis.ts';

jest.setTimeout(60_000);

const soonMs = 4_000;

let redis: OwnRedis;
/** The same on the same data, after it was killed. */
let again: EmbeddedRedis | null = null;
let stage: Stage;
let gateway: Gateway;
let worker: Program;
let before: MergedList;

beforeAll(async () => {
  redis = await startOwnRedis();
  stage = await Stage.open({ redisUrl: redis.url });
  [gateway, worker] = await Promise.all([stage.gateway(), stage.worker()]);
  before = (await list(gateway, '?limit=200')).body;
});
afterAll(async () => {
  await stage.close();
  await again?.stop();
  await redis.remove();
});

async function revive(): Promise<EmbeddedRedis> {
  const { dataDir } = redis;
  return startEmbeddedRedis({ dataDir, program: await testProgram(), say: aloud });
}

const readiness = async () => get<ReadinessDto>(gateway, '/health/ready');

/** What callers see while Redis is away: everything goes on. */
async function expectLifeToGoOn(sort: string): Promise<void> {
  const begun = Date.now();
  const known = await list(gateway, '?limit=200');
  expect(known.body.data).toEqual(before.data);
  const unknown = await list(gateway, `?limit=200&sort=${sort}`);
  expect(unknown.body.data).toHaveLength(before.data.length);
  expect(Date.now() - begun).toBeLessThan(soonMs);
  const live = await get<MergedList>(gateway, '/v1/processes?limit=200', {
    'cache-control': 'no-cache',
  });
  expect([live.status, live.headers['gateway-complete']]).toEqual([200, '?1']);
  expect(live.body.data).toEqual(before.data);
  for (const source of live.body.sources) expect(source.status).toBe('fresh');
  const one = await get(gateway, `/v1/processes/odsl%3ASMOKE_TEST`);
  expect(one.status).toBe(200);
  expect((await get(gateway, '/v1/connections')).status).toBe(200);
  const { status, body } = await readiness();
  expect([status, body]).toEqual([200, { status: 'ready', redis: 'down' }]);
  expect((await get(gateway, '/health/live')).status).toBe(200);
}

/** Nothing can be accepted, which is said before a file is stored; a plan needs nobody to remember it. */
async function expectImportsToBePlannedOnly(): Promise<void> {
  const content = Buffer.from('{"_id": "AWAY", "script": "return 1"}');
  const refused = await importFile<Problem>(gateway, content, { connection: 'odsl' });
  const { code, outcome } = refused.body;
  expect([refused.status, code, outcome]).toEqual([503, 'store_unavailable', 'not_sent']);
  const folder = join(stage.folder, 'files');
  expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  const asked = { connection: 'odsl', validateOnly: 'true' };
  const plan = await importFile<ImportPlanBody>(gateway, content, asked);
  expect([plan.status, plan.body.items[0]?.effect]).toEqual([200, 'created']);
}

async function expectAllWell(): Promise<void> {
  await eventually(async () => {
    expect((await readiness()).body).toEqual({ status: 'ready', redis: 'ok' });
  });
  await eventually(async () => {
    const { body, headers } = await get<MergedList>(gateway, '/v1/processes?limit=200', {
      'cache-control': 'no-cache',
    });
    expect(headers['gateway-complete']).toBe('?1');
    expect(body.data).toEqual(before.data);
  });
  // Another gateway finds there what this one has read.
  const other = await stage.gateway();
  stage.forget();
  const kept = await get<MergedList>(other, '/v1/processes?limit=200', {
    'cache-control': 'only-if-cached',
  });
  expect(kept.body.data).toEqual(before.data);
  expect(stage.requestCount()).toBe(0);
  await other.stop();
}

describe('while Redis', () => {
  it('hangs, lists go on, and all is well when it goes on itself', async () => {
    process.kill(redis.pid, 'SIGSTOP');
    try {
      await expectLifeToGoOn('-name');
      await expectImportsToBePlannedOnly();
    } finally {
      process.kill(redis.pid, 'SIGCONT');
    }
    await expectAllWell();
  });

  it('is killed, no request fails, and all is well when it is back', async () => {
    const statuses: number[] = [];
    const over = new AbortController();
    const caller = (async () => {
      while (!over.signal.aborted) {
        statuses.push((await get(gateway, '/v1/processes?limit=5')).status);
        await sleep(20);
      }
    })();
    process.kill(redis.pid, 'SIGKILL');
    await expectLifeToGoOn('-updatedAt');
    again = await revive();
    expect(again.url).toBe(redis.url);
    await expectAllWell();
    over.abort();
    await caller;
    expect(statuses.length).toBeGreaterThan(20);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(gateway.hasEnded).toBe(false);
  });

  it('is gone for good, gateways and workers can be stopped all the same', async () => {
    process.kill(again?.pid ?? redis.pid, 'SIGKILL');
    await eventually(async () => {
      expect((await readiness()).body.redis).toBe('down');
    });
    await Promise.all([gateway.stop(), worker.stop()]);
    again = await revive();
  });
});
