import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ConnectionState } from '../../src/domain/connection.ts';
import type { Source } from '../../src/domain/source.ts';
import { eventually } from '../support/eventually.ts';
import { type Differences, type Gateway, Stage } from '../support/gateway.ts';
import { type Collection, get, list, post } from '../support/http.ts';

jest.setTimeout(90_000);

let stage: Stage;
let differences: Differences;

beforeAll(async () => {
  stage = await Stage.open();
  const { odsl = {} } = stage.connections();
  const auth = { ...(odsl['auth'] as object), clientSecret: { env: 'WRONG_SECRET' } };
  differences = {
    config: {
      connections: {
        'odsl-wrong': { ...odsl, auth },
        'odsl-away': { ...odsl, baseUrl: 'http://127.0.0.1:9/api' },
      },
    },
    env: { WRONG_SECRET: 'a-wrong-secret' },
  };
});
afterAll(() => stage.close());

/** What a check asks of each platform, once. */
const checks: Readonly<Record<string, RegExp>> = {
  concord: /\/api\/v1\/server\/version/,
  frends: /swagger\.json/,
  odsl: /GET \/api\/process$/,
  uipath: /api\/Status\/Version/,
};

/** How often each platform was checked since the last `forget`; the ODSL sandbox stands behind one good connection. */
function checked(): Record<string, number> {
  return Object.fromEntries(
    Object.entries(checks).map(([platform, call]) => [
      platform,
      stage
        .sandbox(platform)
        .requests()
        .filter((request) => call.test(request)).length,
    ]),
  );
}

const each = (times: number) =>
  Object.fromEntries(Object.keys(checks).map((platform) => [platform, times]));

async function connections(gateway: Gateway): Promise<Map<string, ConnectionState>> {
  const { body } = await get<Collection<ConnectionState>>(gateway, '/v1/connections');
  return new Map(body.data.map((connection) => [connection.id, connection]));
}

describe('workers', () => {
  it('check every platform once a round, however many they are, and whichever is killed', async () => {
    const [one, other] = await Promise.all([stage.worker(differences), stage.worker(differences)]);
    await eventually(() => {
      expect(checked()).toEqual(each(1));
    });
    // A second check would follow the first at once.
    await sleep(1_000);
    expect(checked()).toEqual(each(1));
    stage.forget();
    await one.kill();
    await other.stop();
    await stage.worker(differences);
    await eventually(() => {
      expect(checked()).toEqual(each(1));
    }, 60_000);
  });

  it('say in their logs what they found', () => {
    const found = stage
      .output()
      .split('\n')
      .filter((line) => line.includes('A check found a problem'));
    expect(found.join()).toContain('"code":"upstream_auth_failed"');
    expect(found.join()).toContain('"code":"upstream_unavailable"');
    expect(found.join()).not.toContain('a-wrong-secret');
  });
});

describe('the connections', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await stage.gateway(differences);
  });

  it('show what workers found, and nothing is asked for it', async () => {
    stage.forget();
    const all = await connections(gateway);
    expect(checked()).toEqual(each(0));
    for (const id of Object.keys(checks)) {
      const { health, upstream, list: state, budget } = all.get(id) ?? {};
      expect([id, health?.status, health?.problem]).toEqual([id, 'ok', null]);
      expect(Date.parse(health?.checkedAt ?? '')).toBeGreaterThan(Date.now() - 90_000);
      expect(upstream?.version).toEqual(expect.any(String));
      expect(Object.keys(upstream?.build ?? {})).not.toHaveLength(0);
      expect([state?.status, state?.count]).toEqual(['warming', null]);
      // The others publish no limit. Looking after runs and health may have spent some of it.
      if (id === 'uipath') expect(budget).toMatchObject({ limit: 100 });
      else expect([id, budget]).toEqual([id, null]);
    }
    expect(all.get('concord')?.upstream.version).toBe('2.16.0');
  });

  it('show who is away and who refuses the credentials', async () => {
    const all = await connections(gateway);
    expect(all.get('odsl-wrong')?.health).toMatchObject({
      status: 'unauthorized',
      problem: { code: 'upstream_auth_failed' },
    });
    expect(all.get('odsl-away')?.health).toMatchObject({
      status: 'down',
      problem: { code: 'upstream_unavailable' },
    });
    const one = await get<ConnectionState>(gateway, '/v1/connections/odsl-wrong');
    expect(one.body.health.status).toBe('unauthorized');
  });

  it('show how fresh their lists are, and a list that cannot be read as degraded', async () => {
    const { body } = await list(gateway, '?platform=concord&platform=uipath');
    const all = await connections(gateway);
    for (const source of body.sources) {
      const state = all.get(source.connection);
      expect(state?.list).toEqual({ ...source, count: state?.list.count });
      expect(state?.list.count).toBeGreaterThan(10);
    }
    stage.sandbox('frends').faults.add({
      path: '/api/v1/processes',
      fault: { kind: 'html' },
    });
    await list(gateway, '?platform=frends').catch(() => null);
    const frends = (await connections(gateway)).get('frends');
    expect(frends?.health).toMatchObject({
      status: 'degraded',
      problem: { code: 'upstream_contract' },
    });
    stage.forget();
    const refreshed = await post<ConnectionState['list']>(
      gateway,
      '/v1/connections/frends/refresh',
      { prefer: 'wait=10' },
    );
    expect(refreshed.headers['preference-applied']).toBe('wait=10');
    expect([refreshed.status, refreshed.body.status]).toEqual([200, 'fresh']);
    expect((await connections(gateway)).get('frends')?.health.status).toBe('ok');
  });

  it('that is still being read after the wait has not been refreshed yet', async () => {
    stage.sandbox('odsl').faults.add({ fault: { kind: 'hang' } });
    const path = '/v1/connections/odsl/refresh';
    const { status, body } = await post<Source>(gateway, path, { prefer: 'wait=1' });
    expect([status, body.status]).toEqual([202, 'warming']);
    stage.forget();
    stage.sandbox('odsl').faults.add({ fault: { kind: 'status', status: 403 } });
    await eventually(async () => {
      const prefer = 'respond-async, wait=10; for=the-test';
      const done = await post<Source>(gateway, path, { prefer });
      expect([done.status, done.body.problem?.code]).toEqual([200, 'upstream_auth_failed']);
    });
    stage.forget();
  });

  it('can be refreshed without waiting', async () => {
    const before = (await connections(gateway)).get('uipath')?.list.asOf ?? '';
    const { status, headers } = await post(gateway, '/v1/connections/uipath/refresh');
    expect([status, headers['preference-applied']]).toEqual([202, undefined]);
    await eventually(async () => {
      const after = (await connections(gateway)).get('uipath')?.list.asOf ?? '';
      expect(Date.parse(after)).toBeGreaterThan(Date.parse(before));
    });
  });

  it('belong to platforms, which say what they can do', async () => {
    interface PlatformState {
      readonly name: string;
      readonly capabilities: readonly string[];
      readonly connections: readonly string[];
    }
    const { body } = await get<Collection<PlatformState>>(gateway, '/v1/platforms');
    const all = await connections(gateway);
    expect(body.data.flatMap((platform) => platform.connections).sort()).toEqual(
      [...all.keys()].sort(),
    );
    for (const platform of body.data) {
      for (const id of platform.connections) {
        expect(all.get(id)?.capabilities).toEqual(platform.capabilities);
      }
    }
  });
});
