import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { RunsPart } from '../../domain/adapter.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { RunRecord, RunRef } from '../../domain/run.ts';
import { concordSandbox } from '../../sandbox/concord/concord.sandbox.ts';
import { type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import type { ConcordConfig } from './concord.config.ts';
import { ConcordConnector } from './concord.module.ts';
import { shownBy, sightingsIn } from '../many-runs.testing.ts';

let sandbox: Sandbox;
const upstreams = new UpstreamFactory();

beforeAll(async () => {
  sandbox = await startSandbox(concordSandbox);
});
afterEach(() => {
  sandbox.faults.clear();
  sandbox.reset();
});
afterAll(async () => {
  await upstreams.onApplicationShutdown();
  await sandbox.close();
});

const atOnce = { concurrency: 20 };
const signal = (): AbortSignal => AbortSignal.timeout(20_000);

function runs(changes: Partial<ConcordConfig> = {}, url = sandbox.url): RunsPart {
  const { parts } = new ConcordConnector(upstreams).open({
    ...z.object(connectionFields).parse({ baseUrl: url }),
    id: 'concord',
    platform: 'concord',
    startStyle: 'auto',
    auth: { type: 'apiKey', key: new Secret(() => 'sandbox-secret'), scheme: 'raw' },
    ...changes,
  });
  if (parts.runs === undefined) throw new Error('no runs');
  return parts.runs;
}

async function start(fields: Readonly<Record<string, string>>, meta: object = {}): Promise<string> {
  const body = new FormData();
  body.set('meta', new Blob([JSON.stringify(meta)], { type: 'application/json' }));
  const place = { org: 'Default', project: 'platform-checks', repo: 'main' };
  for (const [name, value] of Object.entries({ ...place, ...fields })) body.set(name, value);
  const answer = await fetch(`${sandbox.url}/api/v1/process`, {
    method: 'POST',
    headers: { authorization: 'sandbox-secret' },
    body,
  });
  return ((await answer.json()) as { instanceId: string }).instanceId;
}

async function until(id: string, status: string): Promise<RunRecord> {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    const run = await runs().get(id, signal());
    if (run?.status === status) return run;
    await sleep(50);
  }
  throw new Error(`it never was ${status}`);
}

/** As a gateway starts it. */
async function startMarked(): Promise<string> {
  return start({ entryPoint: 'default' }, { gatewayRunId: `r-${randomUUID()}` });
}

const ref = ({ nativeId, process, createdAt }: RunRecord): RunRef => ({
  nativeId,
  process,
  createdAt,
});
const refTo = (nativeId: string): RunRef => ({ nativeId, process: null, createdAt: null });
const asked = (): string[] => sandbox.requests().map((each) => each.replace(/[?].*/, ''));

describe('one run', () => {
  test('is whole, with its history, which is not kept', async () => {
    const run = await until(await start({ entryPoint: 'default', out: 'greeting' }), 'succeeded');
    expect(run.output).toEqual({ greeting: 'hello world' });
    const alone = await runs().get(run.nativeId, signal());
    expect(alone?.whole).toHaveProperty('statusHistory');
    expect(alone?.whole).not.toHaveProperty('meta.out');
    expect(alone?.native).not.toHaveProperty('statusHistory');
    expect(alone?.native).toEqual((await runs().since(run.createdAt ?? '', signal()))[0]?.native);
  });

  test('that cannot be called so is not asked for', async () => {
    sandbox.forget();
    for (const id of ['', 'x', '..', 'a/b', `${randomUUID()}x`])
      expect(await runs().get(id, signal())).toBeNull();
    expect(asked()).toEqual([]);
  });

  test('that does not exist is null', async () => {
    expect(await runs().get(randomUUID(), signal())).toBeNull();
  });

  test('of another organization than the connection has does not exist', async () => {
    const id = await start({ entryPoint: 'default' });
    const limited = runs({ organizations: ['Finance'] });
    expect(await limited.get(id, signal())).toBeNull();
    expect(await shownBy(limited.getMany([refTo(id)], signal()))).toEqual([]);
    expect(await limited.since('2026-01-01T00:00:00.000Z', signal())).toEqual([]);
  });

  test('that waits for a form leads to its page, and to none afterwards', async () => {
    const id = await start({ entryPoint: 'approval' });
    const run = await until(id, 'suspended');
    expect(run.form).toBe(`${sandbox.url}/#/process/${id}/wizard`);
    const part = runs();
    sandbox.forget();
    for (let times = 0; times < 3; times += 1)
      expect((await shownBy(part.getMany([ref(run)], signal())))[0]?.form).toBe(run.form);
    expect(asked().filter((each) => each.endsWith('/form'))).toHaveLength(1);
    await fetch(`${sandbox.url}/api/v1/process/${id}/form/approval`, {
      method: 'POST',
      headers: { authorization: 'sandbox-secret', 'content-type': 'application/json' },
      body: '{"approved":true}',
    });
    expect((await until(id, 'succeeded')).form).toBeNull();
  });

  test('that waits for an event has no page', async () => {
    expect((await until(await start({ entryPoint: 'waiting' }), 'suspended')).form).toBeNull();
  });

  test('whose forms are for others is shown without them', async () => {
    const id = await start({ entryPoint: 'approval' });
    sandbox.faults.add({ path: '/form$', fault: { kind: 'status', status: 403 } });
    expect((await until(id, 'suspended')).form).toBeNull();
  });
});

describe('many runs', () => {
  test('of one project cost one call, whatever their number and whatever others start there', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, startMarked));
    const first = await shownBy(runs().getMany(ids.map(refTo), signal()));
    expect(first.map((run) => run.nativeId).sort()).toEqual([...ids].sort());
    await pMap(Array.from({ length: 250 }), () => start({ entryPoint: 'default' }), atOnce);
    sandbox.forget();
    const again = await shownBy(runs().getMany(first.map(ref), signal()));
    expect(again.map((run) => run.nativeId).sort()).toEqual([...ids].sort());
    expect(asked()).toEqual(['GET /api/v2/process']);
    expect(sandbox.requests()[0]).toContain('meta.gatewayRunId.startsWith=r-&');
  });

  test('that others have started cost a call of their own, and it is remembered which they are', async () => {
    const own = await Promise.all(Array.from({ length: 3 }, startMarked));
    const foreign = await Promise.all([1, 2, 3].map(() => start({ entryPoint: 'default' })));
    const part = runs();
    const refs = (await shownBy(runs().getMany([...own, ...foreign].map(refTo), signal()))).map(
      ref,
    );
    const look = async (ids: readonly string[]): Promise<readonly string[]> => {
      sandbox.forget();
      const wanted = refs.filter(({ nativeId }) => ids.includes(nativeId));
      const found = await shownBy(part.getMany(wanted, signal()));
      expect(found.map((run) => run.nativeId).sort()).toEqual([...ids].sort());
      expect(new Set(asked())).toEqual(new Set(['GET /api/v2/process']));
      return sandbox.requests();
    };
    expect(await look([...own, ...foreign])).toHaveLength(2);
    expect(await look([...own, ...foreign])).toHaveLength(2);
    expect(await look(foreign)).toEqual([expect.not.stringContaining('meta.')]);
    expect(await look(own)).toEqual([expect.stringContaining('meta.')]);
  });

  test('that the list does not show are asked for one by one', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => start({ entryPoint: 'default' })));
    const known = await shownBy(runs().getMany(ids.map(refTo), signal()));
    const [first, ...others] = known.map(ref);
    const late = { ...first!, createdAt: new Date(Date.now() + 86_400_000).toISOString() };
    const gone = { ...first!, nativeId: randomUUID() };
    const found = await shownBy(runs().getMany([late, ...others, gone], signal()));
    expect(found.map((run) => run.nativeId).sort()).toEqual([...ids].sort());
  });

  test('of a project that is gone are asked for one by one', async () => {
    const ids = await Promise.all([1, 2].map(() => start({ entryPoint: 'default' })));
    const createdAt = new Date().toISOString();
    for (const process of ['Default:no-such-project:main:x', 'Nowhere:no-such-project:main:x']) {
      const refs = ids.map((nativeId) => ({ nativeId, process, createdAt }));
      expect(await shownBy(runs().getMany(refs, signal()))).toHaveLength(2);
    }
  });

  test('are shown though one of them cannot be read, or the list of their project', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => start({ entryPoint: 'default' })));
    const known = (await shownBy(runs().getMany(ids.map(refTo), signal()))).map(ref);
    const fault = { kind: 'status', status: 403 } as const;
    sandbox.faults.add({ path: '^/api/v2/process\\?', fault });
    sandbox.faults.add({ path: `^/api/v2/process/${ids[0]}`, fault });
    const found = await sightingsIn(runs().getMany(known, signal()));
    expect(found.get(ids[0] ?? '')).toBeInstanceOf(GatewayError);
    expect([ids[1], ids[2]].map((id) => found.get(id ?? ''))).toEqual(
      [ids[1], ids[2]].map((nativeId) => expect.objectContaining({ nativeId })),
    );
  });

  test('are found behind many others, without reading all of them', async () => {
    const server = await listOf(5_000);
    const wanted = server.ids.slice(3, 40).map((nativeId) => ({
      nativeId,
      process: 'Default:platform-checks:main:x',
      createdAt: '2026-01-01T00:00:00.000Z',
    }));
    expect(await shownBy(runs({}, server.url).getMany(wanted, signal()))).toHaveLength(37);
    expect(server.asked()).toBe(1);
    await server.close();
  });
});

describe('the runs since', () => {
  test('a moment are all of them, each once, though others begin meanwhile', async () => {
    const server = await listOf(950, 7);
    const found = await runs({}, server.url).since('2026-01-01T00:00:00.000Z', signal());
    expect(found.map((run) => run.nativeId)).toEqual(expect.arrayContaining([...server.ids]));
    expect(new Set(found.map((run) => run.nativeId)).size).toBe(found.length);
    expect(server.asked()).toBe(5);
    await server.close();
  });

  test('a moment end where a server gives the same page for ever', async () => {
    const server = await listOf(201, 0, true);
    expect(await runs({}, server.url).since('2026-01-01T00:00:00.000Z', signal())).toHaveLength(
      201,
    );
    await server.close();
  });

  test('a moment have that moment, and nothing that cleans up after another', async () => {
    const id = await start({ entryPoint: 'default' });
    const createdAt = (await runs().get(id, signal()))?.createdAt ?? '';
    expect((await runs().since(createdAt, signal())).map((run) => run.nativeId)).toEqual([id]);
    const entry = { instanceId: id, kind: 'FAILURE_HANDLER', status: 'RUNNING' };
    const fault = { kind: 'status', status: 200, body: JSON.stringify([entry]) } as const;
    sandbox.faults.add({ path: '^/api/v2/process', fault });
    expect(await runs().since(createdAt, signal())).toEqual([]);
  });

  test('a moment fail when an organization of the configuration does not exist', async () => {
    const part = runs({ organizations: ['Finanse'] });
    await expect(part.since('2026-01-01T00:00:00.000Z', signal())).rejects.toMatchObject({
      code: 'upstream_rejected',
    });
  });
});

test('any JSON from the upstream is an error of the catalogue or a run', async () => {
  const id = randomUUID();
  await fc.assert(
    fc.asyncProperty(fc.json(), async (body) => {
      sandbox.faults.clear();
      sandbox.faults.add({ path: '', fault: { kind: 'status', status: 200, body } });
      const part = runs();
      for (const read of [
        () => part.get(id, signal()),
        () => shownBy(part.getMany([refTo(id)], signal())),
        () => part.since('2026-01-01T00:00:00.000Z', signal()),
      ])
        await read().catch((error: unknown) => {
          if (!(error instanceof GatewayError)) throw error;
          expect(error.code).toBe('upstream_contract');
        });
    }),
    { numRuns: 25 },
  );
});

/** A server with `count` runs, to which `drift` come with every answer; one that is `stuck` knows no offset. */
async function listOf(
  count: number,
  drift = 0,
  stuck = false,
): Promise<{
  url: string;
  ids: readonly string[];
  asked: () => number;
  close: () => Promise<void>;
}> {
  const ids = Array.from({ length: count }, () => randomUUID());
  const all = [...ids];
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    const query = new URL(request.url ?? '', 'http://localhost').searchParams;
    const offset = stuck ? 0 : Number(query.get('offset'));
    const page = all.slice(offset, offset + Number(query.get('limit')));
    all.unshift(...Array.from({ length: drift }, () => randomUUID()));
    const body = page.map((instanceId) => ({ instanceId, status: 'RUNNING' }));
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ids,
    asked: () => asked,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => {
          done();
        });
      }),
  };
}
