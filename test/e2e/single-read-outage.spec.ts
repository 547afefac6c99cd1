import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ConnectionState } from '../../src/domain/connection.ts';
import type { ProcessDetail } from '../../src/domain/process.ts';
import type { Source } from '../../src/domain/source.ts';
import type { Version } from '../../src/domain/version.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, type Collection, get, list, type MergedList, post } from '../support/http.ts';
import { mostVersioned, smokeTest } from '../support/reads.ts';

jest.setTimeout(60_000);

/** Far above the list's deadline of a second, far below the time that a single read gets. */
const soonMs = 4_000;
const standsIn = (what: string) => new RegExp(`^process-gateway; hit; ttl=-?\\d+; detail=${what}$`);

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open({
    config: {
      catalogue: { ttl: '1s', staleWhileRevalidate: '0s', staleIfError: '60s', deadline: '1s' },
    },
  });
});
afterEach(() => {
  stage.forget();
});
afterAll(() => stage.close());

const cold = (name: string, staleIfError = '60s') =>
  stage.gateway({
    config: { redis: { prefix: `${stage.prefix}.${name}` }, catalogue: { staleIfError } },
  });
const outage = (platform = 'odsl') => {
  stage.sandbox(platform).faults.add({ fault: { kind: 'status', status: 500 } });
};
const forced = { 'cache-control': 'no-cache' };

describe('while a platform fails', () => {
  let gateway: Gateway;
  let read: string;
  let processes: readonly string[];
  beforeAll(async () => {
    gateway = await cold('fails');
    ({ id: read } = await mostVersioned(gateway, 'odsl'));
    const { body } = await list(gateway, '?connection=odsl');
    processes = body.data.map(({ id }) => id).filter((id) => id !== read);
    for (const path of [at(read), at(read, '/versions')])
      expect((await get(gateway, path)).status).toBe(200);
  });
  afterAll(() => gateway.stop());

  it('a process that was never read is what the list says of it, and that is said', async () => {
    outage();
    for (const headers of [forced, {}]) {
      const answer = await get<ProcessDetail>(gateway, at(processes[0] ?? ''), headers);
      expect([answer.status, answer.body.id, answer.body.configuration]).toEqual([
        200,
        processes[0],
        null,
      ]);
      expect(answer.headers['cache-status']).toMatch(standsIn('list-entry'));
      expect(answer.headers['age']).toMatch(/^\d+$/);
    }
  });

  it('what was read is what is kept of it, and that is said', async () => {
    outage();
    const paths = [
      at(read),
      at(read, '/versions'),
      '/v1/processes?connection=odsl',
      '/v1/processes',
    ];
    for (const path of paths) {
      const { status, headers } = await get(gateway, path, forced);
      expect([path, status]).toEqual([path, 200]);
      expect([path, headers['cache-status']]).toEqual([
        path,
        expect.stringMatching(standsIn('stale-if-error')),
      ]);
    }
  });

  it('a version is what the kept versions of its process say of it', async () => {
    outage();
    for (const [asked, number] of [
      ['latest', 0],
      ['2', -2],
    ] as const) {
      const { body } = await get<Collection<Version>>(gateway, at(read, '/versions?limit=200'));
      const answer = await get<Version>(gateway, at(read, `/versions/${asked}`));
      expect([answer.status, answer.headers['cache-status']]).toEqual([
        200,
        expect.stringMatching(standsIn('list-entry')),
      ]);
      expect(answer.body).toEqual(body.data.at(number));
    }
    const none = await get(gateway, at(read, '/versions/no-such-tag'));
    expect([none.status, none.body.code]).toEqual([503, 'upstream_unavailable']);
    expect(Number(none.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('a process that it once said not to have is what the list says of it', async () => {
    const id = processes[1] ?? '';
    const key = id.split(':')[1] ?? '';
    stage.sandbox('odsl').faults.add({ path: key, fault: { kind: 'status', status: 404 } });
    await eventually(async () => {
      expect((await get(gateway, at(id), forced)).status).toBe(404);
    });
    stage.forget();
    outage();
    const answer = await get<ProcessDetail>(gateway, at(id), forced);
    expect([answer.status, answer.body.id]).toEqual([200, id]);
    expect(answer.headers['cache-status']).toMatch(standsIn('list-entry'));
    await eventually(async () => {
      const plain = await get<ProcessDetail>(gateway, at(id));
      expect(plain.headers['cache-status']).toMatch(standsIn('list-entry'));
    });
  });
});

describe('a process that a platform did not have before the list had it', () => {
  it('is asked for again', async () => {
    const gateway = await stage.gateway({
      config: {
        redis: { prefix: `${stage.prefix}.found` },
        catalogue: { ttl: '60s', deadline: '30s' },
      },
    });
    const id = await smokeTest(gateway, 'odsl');
    const faults = stage.sandbox('odsl').faults;
    faults.add({ path: 'SMOKE_TEST', fault: { kind: 'status', status: 404 } });
    expect((await get(gateway, at(id))).status).toBe(404);
    stage.forget();
    expect((await get(gateway, at(id))).status).toBe(404);
    await list(gateway, '?connection=odsl');
    const { headers } = await get(gateway, '/v1/processes?connection=odsl', forced);
    expect(headers['cache-status']).toBe('process-gateway; fwd=request; stored');
    expect((await get(gateway, at(id))).status).toBe(200);
    await gateway.stop();
  });
});

describe('while a platform hangs', () => {
  it('a process is there as soon as a list is, whether it was read or not', async () => {
    const gateway = await cold('hangs');
    const [read, other] = (await list(gateway, '?connection=odsl')).body.data;
    await get(gateway, at(read?.id ?? ''));
    stage.sandbox('odsl').faults.add({ fault: { kind: 'hang' } });
    for (const [id, what] of [
      [read?.id, 'stale-if-error'],
      [other?.id, 'list-entry'],
    ] as const) {
      const begun = Date.now();
      const { status, headers } = await get(gateway, at(id ?? ''), forced);
      expect(Date.now() - begun).toBeLessThan(soonMs);
      expect([status, headers['cache-status']]).toEqual([
        200,
        expect.stringMatching(standsIn(what)),
      ]);
    }
    await gateway.kill();
  });
});

describe('once nothing may stand in', () => {
  it('neither the list nor a process shows anything', async () => {
    const gateway = await cold('over', '2s');
    const [read, other] = (await list(gateway, '?connection=odsl')).body.data;
    await get(gateway, at(read?.id ?? ''));
    outage();
    await eventually(async () => {
      expect((await get(gateway, '/v1/processes?connection=odsl')).status).toBe(502);
    });
    for (const id of [read?.id, other?.id]) {
      await eventually(async () => {
        const { status, headers } = await get(gateway, at(id ?? ''));
        expect([status, Number(headers['retry-after']) > 0]).toEqual([503, true]);
      });
    }
    await gateway.stop();
  });
});

describe('a refresh that fails', () => {
  it('is told alike by its own answer, by the connection and by the list', async () => {
    const gateway = await stage.gateway({
      config: { redis: { prefix: `${stage.prefix}.refresh` }, catalogue: { ttl: '60s' } },
    });
    await list(gateway, '?connection=odsl');
    stage.sandbox('odsl').faults.add({ fault: { kind: 'status', status: 401 } });
    const refreshed = await post<Source>(gateway, '/v1/connections/odsl/refresh', {
      prefer: 'wait=10',
    });
    const expected = { status: 'stale', problem: { code: 'upstream_auth_failed' } };
    expect(refreshed.body).toMatchObject(expected);
    const connection = await get<ConnectionState>(gateway, '/v1/connections/odsl');
    expect(connection.body.list).toMatchObject(expected);
    const listed = await get<MergedList>(gateway, '/v1/processes?connection=odsl');
    expect(listed.body.sources).toMatchObject([expected]);
    await gateway.stop();
  });

  it('is not what a young source is called that a call lets be old', async () => {
    const gateway = await stage.gateway({
      config: { redis: { prefix: `${stage.prefix}.young` }, catalogue: { ttl: '60s' } },
    });
    await list(gateway, '?connection=odsl');
    const headers = { 'cache-control': 'max-age=0, max-stale' };
    const { body } = await get<MergedList>(gateway, '/v1/processes?connection=odsl', headers);
    expect(body.sources).toMatchObject([{ status: 'fresh', problem: null }]);
    const refused = await get(gateway, '/v1/processes?connection=odsl', {
      'cache-control': 'only-if-cached, max-age=0',
    });
    expect([refused.status, refused.body.code]).toEqual([504, 'not_cached']);
    expect(refused.body.detail).toContain('What is kept of odsl is older than was asked for.');
    await gateway.stop();
  });
});
