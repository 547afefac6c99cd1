import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ProcessDetail } from '../../src/domain/process.ts';
import type { Source } from '../../src/domain/source.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get, list, type MergedList } from '../support/http.ts';

jest.setTimeout(60_000);

/** Far above the list's deadline of a second, far below everything that would be waited for without it. */
const soonMs = 4_000;

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open({
    config: {
      catalogue: {
        ttl: '1s',
        staleWhileRevalidate: '0s',
        staleIfError: '6s',
        deadline: '1s',
      },
    },
    connection: { timeout: '5s' },
  });
});
afterEach(() => {
  stage.forget();
});
afterAll(() => stage.close());

/** A gateway that starts with nothing in its cache. */
const cold = (name: string) =>
  stage.gateway({ config: { redis: { prefix: `${stage.prefix}.${name}` } } });
const sourceOf = (sources: readonly Source[], connection: string) =>
  sources.find((source) => source.connection === connection);
async function within<T>(promise: Promise<T>): Promise<T> {
  const begun = Date.now();
  const answer = await promise;
  expect(Date.now() - begun).toBeLessThan(soonMs);
  return answer;
}

describe('a platform that is gone', () => {
  let gateway: Gateway;
  let before: MergedList;
  beforeAll(async () => {
    gateway = await cold('gone');
    before = (await list(gateway, '?limit=200')).body;
    await stage.sandbox('odsl').close();
  });
  afterAll(() => gateway.stop());

  it('still stands in the list, stale, with what is wrong', async () => {
    const { body, headers } = await eventually(async () => {
      const answer = await within(list(gateway, '?limit=200'));
      expect(sourceOf(answer.body.sources, 'odsl')).toMatchObject({ status: 'stale' });
      expect(sourceOf(answer.body.sources, 'odsl')?.problem).not.toBeNull();
      return answer;
    });
    expect(headers['gateway-complete']).toBe('?1');
    expect(body.data).toEqual(before.data);
    expect(body.page.total).toBe(before.data.length);
    expect(sourceOf(body.sources, 'odsl')?.problem).toMatchObject({ code: 'upstream_unavailable' });
    expect(sourceOf(body.sources, 'uipath')?.problem).toBeNull();
    const only = await list(gateway, '?connection=odsl');
    expect(only.body.data.length).toBeGreaterThan(10);
    expect((await get(gateway, '/v1/processes?require=all')).status).toBe(200);
  });

  it('lets its processes be read from the list', async () => {
    const { status, body, headers } = await get<ProcessDetail>(
      gateway,
      '/v1/processes/odsl%3ASMOKE_TEST',
    );
    expect([status, body.name, body.configuration]).toEqual([200, 'Smoke test', null]);
    expect(headers['cache-status']).toMatch(
      /^process-gateway; hit; ttl=-\d+; detail=(list-entry|stale-if-error)$/,
    );
  });

  it('is named as failed once nothing may stand in, and the list is never silently shorter', async () => {
    const { body, headers } = await eventually(async () => {
      const answer = await within(list(gateway, '?limit=200'));
      expect(sourceOf(answer.body.sources, 'odsl')).toMatchObject({ status: 'failed' });
      return answer;
    });
    expect(headers['gateway-complete']).toBe('?0');
    expect(sourceOf(body.sources, 'odsl')).toMatchObject({ count: null, asOf: null });
    expect(sourceOf(body.sources, 'odsl')?.problem).not.toBeNull();
    expect(body.page.total).toBeNull();
    expect(body.data).toEqual(before.data.filter(({ connection }) => connection !== 'odsl'));
  });

  it('turns a list that has to be whole into a problem', async () => {
    for (const query of ['require=all', 'connection=odsl', 'connection=odsl&require=all']) {
      const { status, body } = await within(get(gateway, `/v1/processes?${query}`));
      expect([query, status, body.code]).toEqual([query, 502, 'sources_unavailable']);
      const sources = body['sources'] as Source[];
      expect(sourceOf(sources, 'odsl')).toMatchObject({ status: 'failed' });
    }
    const others = await get(gateway, '/v1/processes?platform=uipath&require=all');
    expect(others.status).toBe(200);
  });

  it('is whole again when it is back', async () => {
    await stage.reopen('odsl');
    const { body } = await eventually(async () => {
      const answer = await list(gateway, '?limit=200');
      expect(answer.headers['gateway-complete']).toBe('?1');
      return answer;
    }, 30_000);
    expect(body.data).toEqual(before.data);
  });
});

describe('a platform that is silent', () => {
  it('keeps nobody waiting for the runs of a process that it alone knows', async () => {
    const gateway = await cold('runs');
    stage.sandbox('odsl').faults.add({ fault: { kind: 'hang' } });
    const asked = await within(get(gateway, '/v1/runs?process=odsl:UNLISTED'));
    expect([asked.status, asked.body.code]).toEqual([504, 'upstream_timeout']);
    stage.forget();
    const kept = await get(gateway, '/v1/runs?process=odsl:OTHER', {
      'cache-control': 'only-if-cached',
    });
    expect([kept.status, kept.body.code, stage.requestCount()]).toEqual([504, 'not_cached', 0]);
    stage.sandbox('odsl').faults.clear();
    await gateway.stop();
  });

  it('is warming at the deadline, and its result still lands in the list', async () => {
    const gateway = await cold('slow');
    stage
      .sandbox('frends')
      .faults.add({ path: '/processes', fault: { kind: 'latency', ms: 3_000 } });
    const first = await within(list(gateway, '?limit=200'));
    expect(first.headers['gateway-complete']).toBe('?0');
    expect(sourceOf(first.body.sources, 'frends')).toMatchObject({
      status: 'warming',
      count: null,
    });
    for (const connection of ['concord', 'odsl', 'uipath']) {
      expect(sourceOf(first.body.sources, connection)).toMatchObject({ status: 'fresh' });
    }
    const whole = await within(get(gateway, '/v1/processes?require=all'));
    expect([whole.status, whole.body.code]).toEqual([504, 'upstream_timeout']);
    await eventually(async () => {
      const kept = await get<MergedList>(gateway, '/v1/processes?connection=frends', {
        'cache-control': 'only-if-cached',
      });
      expect(kept.status).toBe(200);
    });
    await gateway.stop();
  });

  it('is stale at the deadline where there is something to show', async () => {
    const gateway = await cold('hanging');
    const before = await list(gateway, '?limit=200');
    stage.sandbox('frends').faults.add({ fault: { kind: 'hang' } });
    const after = await within(
      get<MergedList>(gateway, '/v1/processes?limit=200', { 'cache-control': 'no-cache' }),
    );
    expect(after.body.data).toEqual(before.body.data);
    expect(after.headers['gateway-complete']).toBe('?1');
    expect(sourceOf(after.body.sources, 'frends')).toMatchObject({
      status: 'stale',
      problem: { code: 'upstream_timeout' },
    });
    stage.forget();
    await eventually(async () => {
      const { body } = await list(gateway);
      expect(sourceOf(body.sources, 'frends')).toMatchObject({ status: 'fresh' });
    }, 30_000);
    await gateway.stop();
  });
});

describe('all platforms at once', () => {
  it('gone, with nothing kept, are 502', async () => {
    const connections = Object.entries(stage.connections()).map(([id, settings]) => [
      id,
      { ...settings, baseUrl: 'http://127.0.0.1:9' },
    ]);
    const gateway = await stage.gateway({
      config: {
        redis: { prefix: `${stage.prefix}.dead` },
        connections: Object.fromEntries(connections) as Record<string, unknown>,
      },
    });
    const { status, body, headers } = await within(get(gateway, '/v1/processes'));
    expect([status, body.code, body.retryable]).toEqual([502, 'sources_unavailable', true]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    const sources = body['sources'] as Source[];
    expect(sources.map(({ status: each }) => each)).toEqual(Array(4).fill('failed'));
    expect((await get(gateway, '/health/ready')).status).toBe(200);
    await gateway.stop();
  });

  it('silent, with nothing kept, are a list that says it is warming', async () => {
    for (const sandbox of stage.sandboxes.values()) sandbox.faults.add({ fault: { kind: 'hang' } });
    const gateway = await cold('silent');
    const { status, body, headers } = await within(get<MergedList>(gateway, '/v1/processes'));
    expect([status, headers['gateway-complete'], body.data]).toEqual([200, '?0', []]);
    expect(body.sources.map((source) => source.status)).toEqual(Array(4).fill('warming'));
    await gateway.kill();
  });
});
