import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { z } from 'zod';
import { connectionFields } from '../../src/config/connection.config.ts';
import { Connection } from '../../src/connections/connection.ts';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import { UpstreamAuthFailedError, UpstreamTimeoutError } from '../../src/domain/errors.ts';
import type { WholeRun } from '../../src/domain/run.ts';
import { platforms } from '../../src/platforms/all.ts';
import { erpRun } from '../../src/runs/erp-run.testing.ts';
import { instantOf, type KeptRun } from '../../src/runs/kept-run.ts';
import { RunFeed } from '../../src/runs/run-feed.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { RunsService } from '../../src/runs/runs.service.ts';
import { WatchableRuns } from '../../src/runs/watchable-runs.ts';
import { shows } from '../support/erp.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('reads');
afterAll(() => redis.close());

const log = pino({ level: 'silent' });
const id = 'erp:1';
const shown: WholeRun = erpRun({
  createdAt: instantOf(Date.now() - 5_000),
  native: { state: 'busy' },
  whole: { state: 'busy', history: ['made', 'begun'] },
});

let runs: RunsService;
/** As another process, which shares no look with this one. */
let serveAnew: () => void;
let watchable: WatchableRuns;
let store: RunStore;
let looks: number;
let forgets: boolean;
/** Called before a run is shown: may fail, or never end. */
let before: () => Promise<unknown>;
let test = 0;

beforeEach(() => {
  store = new RunStore(redis.client, `${redis.prefix}${(test += 1)}`);
  [looks, forgets] = [0, false];
  before = () => Promise.resolve();
  const [platform] = platforms;
  if (platform === undefined) throw new Error('there is no platform');
  const fields = z.object(connectionFields).parse({ baseUrl: 'https://example.com' });
  const get = async (): Promise<WholeRun | null> => {
    looks += 1;
    await before();
    return forgets ? null : shown;
  };
  const none = (): Promise<never> => Promise.reject(new Error('nobody asks for this'));
  const connection = new Connection(
    platform,
    { ...fields, id: 'erp', platform: platform.name },
    {
      ping: () => Promise.resolve({ version: null, build: null, missing: [] }),
      parts: { runs: { get, getMany: () => shows([]), since: none } },
    },
    { ttl: 1_000, staleWhileRevalidate: 1_000, staleIfError: 1_000 },
  );
  const feed = new RunFeed(store, redis.client, log);
  serveAnew = () => {
    runs = new RunsService(new ConnectionRegistry([connection]), store, feed);
  };
  serveAnew();
  watchable = new WatchableRuns(runs, feed);
});

describe('a run that others have started', () => {
  it('is given whole to who reads it, and kept as a list shows it', async () => {
    const { record } = await runs.find(id, 'runs', true);
    expect(record.doc.native).toEqual({ state: 'busy', history: ['made', 'begun'] });
    expect((await store.records.read(id))?.doc.native).toEqual({ state: 'busy' });
    const [event] = await store.records.events(id, 0);
    expect(event?.doc.native).toEqual({ state: 'busy' });
  });

  it('is looked at once for all that read it at the same time', async () => {
    const found = await Promise.all(Array.from({ length: 20 }, () => runs.find(id)));
    expect(new Set(found.map(({ record }) => record.doc.status))).toEqual(new Set(['running']));
    expect(looks).toBe(1);
  });

  it('is looked at anew for who wants that', async () => {
    await runs.find(id);
    await runs.find(id, 'runs', true);
    expect(looks).toBe(2);
  });

  it('is shown as its record has become meanwhile', async () => {
    await runs.find(id);
    await store.records.change(id, ({ doc }) => ({ doc: { ...doc, status: 'cancelling' } }));
    expect((await runs.find(id)).record.doc.status).toBe('cancelling');
    expect(looks).toBe(1);
  });

  it('is looked at once for all that watch it, and not at all once it is known', async () => {
    await Promise.all(Array.from({ length: 20 }, () => runs.watched(id)));
    expect(looks).toBe(1);
    const [first] = await Promise.all(Array.from({ length: 20 }, () => runs.watched(id)));
    expect([first?.record.id, looks]).toEqual([id, 1]);
  });

  it('costs Redis two reads and two plans for a thousand who come at once to watch it', async () => {
    await runs.find(id);
    const { records, polls } = store;
    const [read, hurry] = [records.read.bind(records), polls.hurry.bind(polls)];
    const asked = { reads: 0, plans: 0 };
    records.read = (...args) => {
      asked.reads += 1;
      return read(...args);
    };
    polls.hurry = (...args) => {
      asked.plans += 1;
      return hurry(...args);
    };
    const all = await Promise.all(Array.from({ length: 1_000 }, () => watchable.watched([id])));
    await Promise.all(all.flat().map((watched) => watched.watchOver()));
    expect(all.map(([watched]) => watched?.stands.revision)).toEqual(Array(1_000).fill(1));
    expect(asked).toEqual({ reads: 2, plans: 2 });
  });

  it('is planned soon by the first who watches it, and not put off by the others', async () => {
    const found = await runs.watched(id);
    await runs.watchOver(found);
    const first = await store.polls.next('erp');
    await runs.watchOver(found);
    expect(await store.polls.next('erp')).toBe(first);
    expect(first).toBeLessThan((await store.records.now()) + 2_000);
  });
});

describe('a run that others have started, while its platform is away', () => {
  const hangs = (): Promise<never> => new Promise(() => undefined);
  const fails = (): Promise<never> => Promise.reject(new UpstreamTimeoutError('It is away.'));

  it.each<[string, string, () => Promise<never>, Partial<KeptRun>]>([
    ['goes on', 'hangs', hangs, {}],
    ['goes on', 'fails', fails, {}],
    ['has ended as a list has shown it', 'hangs', hangs, { final: true, isUnread: true }],
    ['has ended as a list has shown it', 'fails', fails, { final: true, isUnread: true }],
  ])('and %s is given as it is kept where that %s', async (_how, _why, away, changes) => {
    await runs.find(id);
    await store.records.change(id, ({ doc }) => ({ doc: { ...doc, ...changes } }));
    serveAnew();
    before = away;
    const found = await runs.find(id);
    expect([found.record.doc.status, found.isStale]).toEqual(['running', true]);
    const waited = await runs.wait(found, 50, new AbortController().signal);
    expect([waited.record, waited.isStale]).toEqual([found.record, true]);
    expect((await runs.watched(id)).record.id).toBe(id);
  });

  it('is not given to who wants to know how it is now', async () => {
    await runs.find(id);
    before = fails;
    await expect(runs.find(id, 'runs', true)).rejects.toMatchObject({ code: 'upstream_timeout' });
  });

  it('is not given where that refuses to show it', async () => {
    await runs.find(id);
    serveAnew();
    before = () => Promise.reject(new UpstreamAuthFailedError('Not you.'));
    await expect(runs.find(id)).rejects.toMatchObject({ code: 'upstream_auth_failed' });
  });
});

describe('a run that its platform has forgotten', () => {
  it.each(['m', null])('is as its record says, without the JSON of its platform', async (mark) => {
    const { record } = await runs.find(id);
    const doc = {
      ...record.doc,
      mark,
      status: 'succeeded',
      final: true,
      native: { a: 1 },
    } as const;
    await store.records.change(id, () => ({ doc }));
    forgets = true;
    const found = (await runs.find(id, 'runs', true)).record;
    expect([found.id, found.doc]).toEqual([id, { ...doc, native: null }]);
  });

  it('is none where the gateway does not know it either', async () => {
    forgets = true;
    await expect(runs.find(id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(runs.find(id, 'runs', true)).rejects.toMatchObject({ code: 'not_found' });
  });
});
