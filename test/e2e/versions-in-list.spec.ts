import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Process } from '../../src/domain/process.ts';
import type { Source } from '../../src/domain/source.ts';
import type { Version } from '../../src/domain/version.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get, type MergedList } from '../support/http.ts';

jest.setTimeout(60_000);

/** Far above the list's deadline of two seconds, far below the fifteen that a single read may take. */
const soonMs = 8_000;
const path = '/v1/processes?include=versions&limit=20&q=credit';
/** Asked for the versions of one process; the list does not call it. */
const versionsCall = 'GetProcessVersions';

type WithVersions = Process & { readonly versions: readonly Version[] | null };

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open({ config: { catalogue: { ttl: '30s', deadline: '2s' } } });
});
afterEach(async () => {
  stage.forget();
  await gateway.kill();
});
afterAll(() => stage.close());

/** A gateway that has the lists, and no versions. */
async function warm(name: string): Promise<void> {
  gateway = await stage.gateway({
    config: { redis: { prefix: `${stage.prefix}.${name}` } },
  });
  await eventually(async () => {
    const { headers } = await get(gateway, '/v1/processes?limit=1');
    expect(headers['gateway-complete']).toBe('?1');
  });
}

async function ask(query = '', headers = {}) {
  const begun = Date.now();
  const answer = await get<MergedList<WithVersions>>(gateway, `${path}${query}`, headers);
  expect(Date.now() - begun).toBeLessThan(soonMs);
  return answer;
}

const uipath = (sources: readonly Source[]) =>
  sources.find(({ connection }) => connection === 'uipath');

const versionsOf = ({ data }: MergedList<WithVersions>, connection: string) =>
  data.filter((each) => each.connection === connection).map(({ versions }) => versions);

describe('versions in the list', () => {
  it('that hang cost no more than the deadline, and their source says so', async () => {
    await warm('hanging');
    stage.sandbox('uipath').faults.add({ path: versionsCall, fault: { kind: 'hang' } });
    const { status, body, headers } = await ask();
    expect([status, headers['gateway-complete']]).toEqual([200, '?0']);
    expect(uipath(body.sources)).toMatchObject({
      status: 'warming',
      count: expect.any(Number),
      problem: { code: 'upstream_timeout' },
    });
    const own = versionsOf(body, 'uipath');
    expect(own.length).toBeGreaterThan(0);
    expect(own).toEqual(own.map(() => null));
    for (const versions of versionsOf(body, 'odsl')) expect(versions).not.toBeNull();
    const whole = await ask('&require=all');
    expect([whole.status, whole.text]).toEqual([504, expect.stringContaining('upstream_timeout')]);
  });

  it('that the platform asks to wait for say how long', async () => {
    await warm('limited');
    const headers = { 'retry-after': '40' };
    const fault = { kind: 'status', status: 429, headers } as const;
    stage.sandbox('uipath').faults.add({ path: versionsCall, fault });
    const { status, headers: told } = await ask('&require=all');
    expect([status, told['retry-after']]).toEqual([502, '40']);
  });

  it('that fail are a failed source, and no list where it has to be whole', async () => {
    await warm('failing');
    stage.sandbox('uipath').faults.add({ path: versionsCall, fault: { kind: 'html' } });
    const { body, headers } = await ask();
    expect(headers['gateway-complete']).toBe('?0');
    expect(uipath(body.sources)).toMatchObject({
      status: 'failed',
      problem: { code: 'upstream_contract' },
    });
    const whole = await ask('&require=all');
    expect([whole.status, whole.text]).toEqual([
      502,
      expect.stringContaining('sources_unavailable'),
    ]);
  });

  it('that stand in for a platform that fails are stale, and so is their source', async () => {
    await warm('stale');
    const before = await ask();
    expect([uipath(before.body.sources)?.status, before.headers['gateway-complete']]).toEqual([
      'fresh',
      '?1',
    ]);
    stage.sandbox('uipath').faults.add({
      path: versionsCall,
      fault: { kind: 'status', status: 500 },
    });
    const { body, headers } = await ask('', { 'cache-control': 'no-cache' });
    expect(headers['gateway-complete']).toBe('?1');
    expect(uipath(body.sources)).toMatchObject({ status: 'stale' });
    expect(body.data).toEqual(before.body.data);
    expect((await ask('&require=all')).status).toBe(200);
  });

  it('are told apart in Cache-Status: asked of the platform first, then kept', async () => {
    await warm('told');
    const told = async () => (await ask('&connection=uipath')).headers['cache-status'];
    expect(await told()).toBe('process-gateway; fwd=uri-miss; stored');
    expect(await told()).toMatch(/^process-gateway; hit; ttl=-?\d+$/);
  });

  it('are skipped where only the cache is to be asked and has none', async () => {
    await warm('cached');
    stage.forget();
    const { body, headers } = await ask('', { 'cache-control': 'only-if-cached' });
    expect(headers['gateway-complete']).toBe('?0');
    expect(uipath(body.sources)).toMatchObject({
      status: 'skipped',
      problem: { code: 'not_cached' },
    });
    expect(stage.requestCount()).toBe(0);
    const whole = await ask('&require=all', { 'cache-control': 'only-if-cached' });
    expect([whole.status, whole.text]).toEqual([504, expect.stringContaining('not_cached')]);
  });
});
