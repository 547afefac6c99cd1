import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import type { RunsPart } from '../../domain/adapter.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { RunRecord, RunRef } from '../../domain/run.ts';
import type { ConcordConfig } from './concord.config.ts';
import { listOf } from './concord.run-list.testing.ts';
import { refTo, RunningConcord } from './concord.runs.testing.ts';
import { signal } from './concord.testing.ts';
import { shownBy, sightingsIn } from '../many-runs.testing.ts';

const concord = new RunningConcord();

const atOnce = { concurrency: 20 };
const runs = (changes?: Partial<ConcordConfig>, url?: string): RunsPart =>
  concord.parts(changes, url).runs;
/** As others start it. */
const start = async (entryPoint = 'default'): Promise<string> =>
  (await concord.start(entryPoint)).nativeId;
/** As a gateway starts it. */
const startMarked = async (): Promise<string> =>
  (await concord.start('default', {}, { gatewayRunId: `r-${randomUUID()}` })).nativeId;
const until = (id: string, status: RunRecord['status']): Promise<RunRecord> =>
  concord.until(refTo(id), status);

const ref = ({ nativeId, process, createdAt }: RunRecord): RunRef => ({
  nativeId,
  process,
  createdAt,
});
const asked = (): string[] => concord.sandbox.requests().map((each) => each.replace(/[?].*/, ''));

describe('one run', () => {
  test('is whole, with its history, which is not kept', async () => {
    const run = await until(await start(), 'succeeded');
    expect(run.output).toEqual({ greeting: 'hello world' });
    const alone = await runs().get(run.nativeId, signal());
    expect(alone?.whole).toHaveProperty('statusHistory');
    expect(alone?.whole).not.toHaveProperty('meta.out');
    expect(alone?.native).not.toHaveProperty('statusHistory');
    expect(alone?.native).toEqual((await runs().since(run.createdAt ?? '', signal()))[0]?.native);
  });

  test('that cannot be called so is not asked for', async () => {
    concord.sandbox.forget();
    for (const id of ['', 'x', '..', 'a/b', `${randomUUID()}x`])
      expect(await runs().get(id, signal())).toBeNull();
    expect(asked()).toEqual([]);
  });

  test('that does not exist is null', async () => {
    expect(await runs().get(randomUUID(), signal())).toBeNull();
  });

  test('of another organization than the connection has does not exist', async () => {
    const id = await start();
    const limited = runs({ organizations: ['Finance'] });
    expect(await limited.get(id, signal())).toBeNull();
    expect(await shownBy(limited.getMany([refTo(id)], signal()))).toEqual([]);
    expect(await limited.since('2026-01-01T00:00:00.000Z', signal())).toEqual([]);
  });

  test('that waits for a form leads to its page, and to none afterwards', async () => {
    const id = await start('approval');
    const run = await until(id, 'suspended');
    expect(run.form).toBe(`${concord.sandbox.url}/#/process/${id}/wizard`);
    const part = runs();
    concord.sandbox.forget();
    for (let times = 0; times < 3; times += 1)
      expect((await shownBy(part.getMany([ref(run)], signal())))[0]?.form).toBe(run.form);
    expect(asked().filter((each) => each.endsWith('/form'))).toHaveLength(1);
    await fetch(`${concord.sandbox.url}/api/v1/process/${id}/form/approval`, {
      method: 'POST',
      headers: { authorization: 'sandbox-secret', 'content-type': 'application/json' },
      body: '{"approved":true}',
    });
    expect((await until(id, 'succeeded')).form).toBeNull();
  });

  test('that waits for an event has no page', async () => {
    expect((await until(await start('waiting'), 'suspended')).form).toBeNull();
  });

  test('whose forms are for others is shown without them', async () => {
    const id = await start('approval');
    concord.sandbox.faults.add({ path: '/form$', fault: { kind: 'status', status: 403 } });
    expect((await until(id, 'suspended')).form).toBeNull();
  });
});

describe('many runs', () => {
  test('of one project cost one call, whatever their number and whatever others start there', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, startMarked));
    const first = await shownBy(runs().getMany(ids.map(refTo), signal()));
    expect(first.map((run) => run.nativeId).sort()).toEqual([...ids].sort());
    await pMap(Array.from({ length: 250 }), () => start(), atOnce);
    concord.sandbox.forget();
    const again = await shownBy(runs().getMany(first.map(ref), signal()));
    expect(again.map((run) => run.nativeId).sort()).toEqual([...ids].sort());
    expect(asked()).toEqual(['GET /api/v2/process']);
    expect(concord.sandbox.requests()[0]).toContain('meta.gatewayRunId.startsWith=r-&');
  });

  test('that others have started cost a call of their own, and it is remembered which they are', async () => {
    const own = await Promise.all(Array.from({ length: 3 }, startMarked));
    const foreign = await Promise.all([1, 2, 3].map(() => start()));
    const part = runs();
    const refs = (await shownBy(runs().getMany([...own, ...foreign].map(refTo), signal()))).map(
      ref,
    );
    const look = async (ids: readonly string[]): Promise<readonly string[]> => {
      concord.sandbox.forget();
      const wanted = refs.filter(({ nativeId }) => ids.includes(nativeId));
      const found = await shownBy(part.getMany(wanted, signal()));
      expect(found.map((run) => run.nativeId).sort()).toEqual([...ids].sort());
      expect(new Set(asked())).toEqual(new Set(['GET /api/v2/process']));
      return concord.sandbox.requests();
    };
    expect(await look([...own, ...foreign])).toHaveLength(2);
    expect(await look([...own, ...foreign])).toHaveLength(2);
    expect(await look(foreign)).toEqual([expect.not.stringContaining('meta.')]);
    expect(await look(own)).toEqual([expect.stringContaining('meta.')]);
  });

  test('that the list does not show are asked for one by one', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => start()));
    const known = await shownBy(runs().getMany(ids.map(refTo), signal()));
    const [first, ...others] = known.map(ref);
    const late = { ...first!, createdAt: new Date(Date.now() + 86_400_000).toISOString() };
    const gone = { ...first!, nativeId: randomUUID() };
    const found = await shownBy(runs().getMany([late, ...others, gone], signal()));
    expect(found.map((run) => run.nativeId).sort()).toEqual([...ids].sort());
  });

  test('of a project that is gone are asked for one by one', async () => {
    const ids = await Promise.all([1, 2].map(() => start()));
    const createdAt = new Date().toISOString();
    for (const process of ['Default:no-such-project:main:x', 'Nowhere:no-such-project:main:x']) {
      const refs = ids.map((nativeId) => ({ nativeId, process, createdAt }));
      expect(await shownBy(runs().getMany(refs, signal()))).toHaveLength(2);
    }
  });

  test('are shown though one of them cannot be read, or the list of their project', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => start()));
    const known = (await shownBy(runs().getMany(ids.map(refTo), signal()))).map(ref);
    const fault = { kind: 'status', status: 403 } as const;
    concord.sandbox.faults.add({ path: '^/api/v2/process\\?', fault });
    concord.sandbox.faults.add({ path: `^/api/v2/process/${ids[0]}`, fault });
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
    const id = await start();
    const createdAt = (await runs().get(id, signal()))?.createdAt ?? '';
    expect((await runs().since(createdAt, signal())).map((run) => run.nativeId)).toEqual([id]);
    const entry = { instanceId: id, kind: 'FAILURE_HANDLER', status: 'RUNNING' };
    const fault = { kind: 'status', status: 200, body: JSON.stringify([entry]) } as const;
    concord.sandbox.faults.add({ path: '^/api/v2/process', fault });
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
      concord.sandbox.faults.clear();
      concord.sandbox.faults.add({ path: '', fault: { kind: 'status', status: 200, body } });
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
