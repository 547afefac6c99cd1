import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/embedded/redis-server.ts';
import type { Problem } from '../../src/http/problem.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get } from '../support/http.ts';
import { aloud, type OwnRedis, startOwnRedis, testProgram } from '../support/redis.ts';
import { ended, newKey, smokeTests, start, type StartHeaders, startsOn } from '../support/runs.ts';

jest.setTimeout(120_000);

/** In which a start that cannot be stored has to be refused, in ms. */
const refusedWithinMs = 250;
/** The machine may be busy for a moment; not each time. */
const tries = 5;

let redis: OwnRedis;
let again: EmbeddedRedis | null = null;
let stage: Stage;
let gateway: Gateway;
let smokeTest: string;
/** Ids of the runs whose start was acknowledged. */
const told: string[] = [];
const keys: StartHeaders[] = [];

beforeAll(async () => {
  redis = await startOwnRedis();
  stage = await Stage.open({ redisUrl: redis.url });
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
  smokeTest = (await smokeTests(gateway)).get('concord') ?? '';
});
afterAll(async () => {
  await stage.close();
  await again?.stop();
  await redis.remove();
});

async function acknowledged(): Promise<void> {
  const { status, body } = await start(gateway, smokeTest);
  expect(status).toBe(202);
  told.push(body.id);
}

/** Every start is refused in time, and says that nothing was sent. */
async function expectRefusals(): Promise<void> {
  const times: number[] = [];
  for (let at = 0; at < tries; at += 1) {
    const key = newKey();
    keys.push(key);
    const began = performance.now();
    const { status, body } = await start<Problem>(gateway, smokeTest, {}, key);
    times.push(performance.now() - began);
    expect([status, body.code, body.outcome, body.retryable]).toEqual([
      503,
      'store_unavailable',
      'not_sent',
      true,
    ]);
  }
  expect(Math.min(...times)).toBeLessThan(refusedWithinMs);
}

/** All that were acknowledged end, and nothing else has ever begun. */
async function expectNothingLost(): Promise<void> {
  for (const id of told) {
    const run = await eventually(() => ended(gateway, id), 60_000);
    expect([run.status, run.outcome]).toEqual(['succeeded', 'applied']);
  }
  expect(startsOn(stage, 'concord')).toBe(told.length);
}

describe('a start while Redis', () => {
  it('hangs is refused at once as not sent, and nothing is lost after', async () => {
    await acknowledged();
    process.kill(redis.pid, 'SIGSTOP');
    try {
      await expectRefusals();
      const listed = await get(gateway, '/v1/runs');
      expect([listed.status, listed.body.code]).toEqual([503, 'store_unavailable']);
    } finally {
      process.kill(redis.pid, 'SIGCONT');
    }
    await eventually(acknowledged);
    await expectNothingLost();
  });

  it('is dead is refused at once as not sent, and nothing is lost after', async () => {
    await acknowledged();
    process.kill(redis.pid, 'SIGKILL');
    await expectRefusals();
    const { dataDir } = redis;
    again = await startEmbeddedRedis({ dataDir, program: await testProgram(), say: aloud });
    await eventually(acknowledged);
    await expectNothingLost();
  });

  it('was away can be sent again with its key, and is then one run', async () => {
    const [key = {}] = keys;
    const first = await start(gateway, smokeTest, {}, key);
    expect([first.status, first.headers['idempotency-replayed']]).toEqual([202, undefined]);
    const second = await start(gateway, smokeTest, {}, key);
    expect([second.body.id, second.headers['idempotency-replayed']]).toEqual([first.body.id, '?1']);
    told.push(first.body.id);
    await expectNothingLost();
  });
});
