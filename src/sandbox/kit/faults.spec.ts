import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { sandboxes } from '../index.ts';
import { cloudBase } from '../uipath/uipath.sandbox.ts';
import type { FaultRequest } from './faults.ts';
import { type Exchange, type Sandbox, sandboxCredentials } from './sandbox.ts';

const { token, clientSecret } = sandboxCredentials;

/** A read and a write of a platform, as its own clients send them. */
interface Calls {
  readonly headers: Readonly<Record<string, string>>;
  readonly read: string;
  readonly write: { readonly method: string; readonly path: string; readonly body: object };
  /** What the write leaves in the ledger. */
  readonly effect: string;
}

const json = { 'content-type': 'application/json' };
const bearer = { ...json, authorization: `Bearer ${token}` };
const folder = { 'x-uipath-organizationunitid': '101' };
const guid = '00000000-0000-4000-8000-000000000001';

const platforms: Readonly<Record<string, Calls>> = {
  uipath: {
    headers: { ...bearer, ...folder },
    read: `${cloudBase}/odata/Processes?$top=1`,
    write: {
      method: 'POST',
      path: `${cloudBase}/odata/Releases`,
      body: { Name: 'Fault', ProcessKey: 'SmokeTest', ProcessVersion: '1.0.0' },
    },
    effect: 'release.created',
  },
  concord: {
    headers: { ...json, authorization: clientSecret },
    read: '/api/v1/org',
    write: {
      method: 'POST',
      path: '/api/v1/org/Default/project',
      body: { name: 'fault' },
    },
    effect: 'project.created',
  },
  odsl: {
    headers: bearer,
    read: '/api/process/v1?_limit=1',
    write: { method: 'POST', path: '/api/process/v1', body: { _id: 'FAULT', script: 'Fault' } },
    effect: 'process.saved',
  },
  frends: {
    headers: bearer,
    read: '/api/v1/processes?PageSize=1',
    write: {
      method: 'PATCH',
      path: '/api/v1/tags',
      body: { elementType: 'Process', elementGuids: [guid], tags: ['fault'] },
    },
    effect: 'tags.changed',
  },
};

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !isSo();) {
    if (Date.now() > end) throw new Error('it does not come about');
    await sleep(10);
  }
}

describe.each(Object.entries(sandboxes))('faults of the %s sandbox', (name, startSandbox) => {
  const calls = platforms[name];
  if (calls === undefined) throw new Error(`nobody says how ${name} is called`);
  let sandbox: Sandbox;
  let exchanges: Exchange[] = [];

  beforeAll(async () => {
    sandbox = await startSandbox({ observe: (exchange) => exchanges.push(exchange) });
  });
  afterEach(() => {
    sandbox.faults.clear();
    sandbox.reset();
    exchanges = [];
  });
  afterAll(() => sandbox.close());

  const read = (): Promise<Response> => fetch(sandbox.url + calls.read, { headers: calls.headers });
  const write = (signal: AbortSignal | null = null): Promise<Response> => {
    const { method, path, body } = calls.write;
    return fetch(sandbox.url + path, {
      method,
      headers: calls.headers,
      body: JSON.stringify(body),
      signal,
    });
  };
  const play = (fault: FaultRequest['fault']): void => {
    sandbox.faults.add({ times: 1, fault });
  };
  const effects = (): string[] => sandbox.ledger().map(({ effect }) => effect);
  /** Every request is seen, whatever became of its answer. */
  const seen = (): unknown[] => exchanges.map(({ status, faulty }) => [status, faulty]);

  test('without one, a read is answered and a write takes effect', async () => {
    expect((await read()).status).toBe(200);
    expect((await write()).ok).toBe(true);
    expect(effects()).toEqual([calls.effect]);
    expect(exchanges.map(({ faulty }) => faulty)).toEqual([false, false]);
  });

  test('latency: the right answer, later', async () => {
    const right = await (await read()).text();
    play({ kind: 'latency', ms: 150 });
    const start = performance.now();
    const late = await read();
    expect(performance.now() - start).toBeGreaterThanOrEqual(145);
    expect([late.status, await late.text()]).toEqual([200, right]);
  });

  test.each(['hang', 'hangAfterEffect'] as const)('%s: no answer at all', async (kind) => {
    play({ kind });
    const patience = new AbortController();
    const asked = write(patience.signal);
    const first = await Promise.race([
      asked.then(() => 'answer'),
      until(() => exchanges.length > 0).then(() => sleep(200, 'silence')),
    ]);
    expect(first).toBe('silence');
    expect(effects()).toEqual(kind === 'hang' ? [] : [calls.effect]);
    patience.abort();
    await expect(asked).rejects.toThrow();
    expect(exchanges).toMatchObject([{ faulty: true, url: calls.write.path }]);
    expect(exchanges[0]?.status === 0).toBe(kind === 'hang');
  });

  test('reset: the connection breaks before anything happens', async () => {
    play({ kind: 'reset' });
    await expect(write()).rejects.toThrow();
    expect(effects()).toEqual([]);
    expect(seen()).toEqual([[0, true]]);
    expect(exchanges[0]).toMatchObject({ method: calls.write.method, url: calls.write.path });
  });

  test('resetAfterEffect: it happens, and nobody is told', async () => {
    play({ kind: 'resetAfterEffect' });
    await expect(write()).rejects.toThrow();
    expect(effects()).toEqual([calls.effect]);
    expect(exchanges.map(({ faulty }) => faulty)).toEqual([true]);
    expect(JSON.parse(exchanges[0]?.requestBody?.toString() ?? '')).toEqual(calls.write.body);
  });

  test('truncated: the beginning of the right answer', async () => {
    play({ kind: 'truncated' });
    const answer = await read();
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
    expect(seen()).toEqual([[200, true]]);
  });

  test('status: any status with its headers and body, and no effect', async () => {
    const headers = { 'retry-after': '7', 'content-type': 'text/plain' };
    play({ kind: 'status', status: 429, headers, body: 'slow down' });
    const answer = await write();
    expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([
      429,
      '7',
      'slow down',
    ]);
    expect(effects()).toEqual([]);
    expect(seen()).toEqual([[429, true]]);
  });

  test('garbage: JSON that is none', async () => {
    play({ kind: 'garbage' });
    const answer = await read();
    expect(answer.headers.get('content-type')).toContain('json');
    await expect(answer.json()).rejects.toThrow('JSON');
  });

  test('html: the page of somebody else', async () => {
    play({ kind: 'html' });
    const answer = await read();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    expect(await answer.text()).toMatch(/^<!doctype html>/);
  });

  test('huge: as many bytes as wanted', async () => {
    play({ kind: 'huge', bytes: 100_000 });
    expect((await (await read()).text()).length).toBe(100_004);
  });

  test('bomb: few bytes that become many', async () => {
    play({ kind: 'bomb', bytes: 1_000_000 });
    const answer = await read();
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(Number(answer.headers.get('content-length'))).toBeLessThan(10_000);
    expect((await answer.text()).length).toBe(1_000_000);
  });

  describe('are armed over HTTP', () => {
    const arm = (body: string): Promise<Response> =>
      fetch(`${sandbox.url}/_sandbox/faults`, { method: 'POST', body });
    const armed = async (): Promise<unknown> =>
      (await fetch(`${sandbox.url}/_sandbox/faults`)).json();

    test('for the requests they match, as often as they are to happen', async () => {
      const fault = { kind: 'status', status: 503, headers: {}, body: '' };
      const wanted = { method: 'GET', path: '^/(?!_)', times: 2, fault };
      expect((await arm(JSON.stringify(wanted))).status).toBe(204);
      expect(await armed()).toEqual([{ method: 'GET', path: '^/(?!_)', fault, left: 2 }]);
      expect((await write()).ok).toBe(true);
      expect([(await read()).status, (await read()).status]).toEqual([503, 503]);
      expect((await read()).status).toBe(200);
      expect(await armed()).toEqual([]);
    });

    test('until they are disarmed, or the sandbox is reset', async () => {
      for (const [method, path] of [
        ['DELETE', '/_sandbox/faults'],
        ['POST', '/_sandbox/reset'],
      ] as const) {
        await arm('{"fault": {"kind": "status", "status": 500}}');
        expect((await read()).status).toBe(500);
        await fetch(sandbox.url + path, { method });
        expect((await read()).status).toBe(200);
      }
    });

    test.each([
      ['no JSON', '{"fault":'],
      ['nothing', ''],
      ['no object', '[]'],
      ['no kind', '{"fault": {}}'],
      ['an unknown kind', '{"fault": {"kind": "fire"}}'],
      ['a kind without its settings', '{"fault": {"kind": "latency"}}'],
      ['an unknown member', '{"fault": {"kind": "hang"}, "patch": "/"}'],
      ['a path that is no regular expression', '{"path": "(", "fault": {"kind": "hang"}}'],
    ])('but not by %s, which is refused and changes nothing', async (_name, body) => {
      const answer = await arm(body);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ errors: [{ message: expect.any(String) }] });
      expect(await armed()).toEqual([]);
      expect((await read()).status).toBe(200);
    });
  });
});
