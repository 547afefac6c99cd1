import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { defaultDemand } from '../../src/catalogue/freshness.ts';
import { MemoryCells } from '../../src/catalogue/memory-cells.ts';
import { ReadCache } from '../../src/catalogue/read-cache.ts';
import { Walks } from '../../src/catalogue/walks.ts';
import type { Connection } from '../../src/connections/connection.ts';
import { UpstreamUnavailableError } from '../../src/domain/errors.ts';
import type { RunRecord } from '../../src/domain/run.ts';
import type { Source } from '../../src/domain/source.ts';
import { erpRun } from '../../src/runs/erp-run.testing.ts';
import { instantOf } from '../../src/runs/kept-run.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { RunWindow } from '../../src/runs/list/run-window.ts';
import { erpWith, shows } from '../support/erp.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('window');
afterAll(() => redis.close());

const log = pino({ level: 'silent' });
const hour = 3_600_000;
/** More than so many runs at once are too many for the platform. */
const most = 20;
const now = Date.now();
/** One an hour for six days. */
const all = Array.from({ length: 144 }, (_, at) => runAt(at));

let store: RunStore;
let connection: Connection;
let asked: number;
/** What was created earlier can never be read. */
let readableFrom: number;
/** Called before anything is read: may never end. */
let before: () => Promise<unknown>;
let test = 0;

function runAt(hours: number): RunRecord {
  const at = instantOf(now - (hours + 0.5) * hour);
  return erpRun({
    nativeId: String(hours),
    status: 'succeeded',
    upstreamStatus: 'done',
    createdAt: at,
    startedAt: at,
    finishedAt: at,
    updatedAt: at,
  });
}

beforeEach(() => {
  store = new RunStore(redis.client, `${redis.prefix}${(test += 1)}`);
  [asked, readableFrom] = [0, 0];
  before = () => Promise.resolve();
  connection = erpWith({
    runs: {
      get: () => Promise.resolve(null),
      getMany: () => shows([]),
      since: async (after, _signal, until = null) => {
        asked += 1;
        await before();
        const found = all.filter(
          ({ createdAt }) => (createdAt ?? '') >= after && (createdAt ?? '') <= (until ?? '9'),
        );
        return found.length > most || Date.parse(after) < readableFrom
          ? Promise.reject(new UpstreamUnavailableError('These are too many.'))
          : Promise.resolve(found);
      },
    },
  });
});

/** A walk by a process of its own. */
function refresh(withinMs = 10_000): Promise<Source> {
  const cells = new MemoryCells(() => Date.now());
  const window = new RunWindow(store, new ReadCache(cells, new Walks(cells, log), 1_000));
  return window.refresh(connection, { ...defaultDemand, forced: true }, Date.now() + withinMs);
}

async function kept(): Promise<number[]> {
  const span = { from: 0, until: Number.MAX_SAFE_INTEGER };
  const places = await store.index.between('erp', span, 0, 1_000);
  return places.map(({ id }) => Number(id.replace('erp:', '')));
}

describe('a window with more runs than the platform gives in one walk', () => {
  it('is read piece by piece, the newest first, by whichever process', async () => {
    const statuses: string[] = [];
    let before = 0;
    for (let times = 0; times < 30 && statuses.at(-1) !== 'fresh'; times += 1) {
      statuses.push((await refresh()).status);
      const now = await kept();
      expect(now.length).toBeGreaterThanOrEqual(before);
      expect(now).toEqual(Array.from({ length: now.length }, (_, at) => at));
      before = now.length;
    }
    expect(statuses.at(-1)).toBe('fresh');
    expect(statuses).toContain('warming');
    expect(before).toBe(all.length);
  });

  it('is not tried at each walk where no piece of it can be read, however small', async () => {
    readableFrom = now - hour;
    const statuses: string[] = [];
    for (let times = 0; times < 30; times += 1) statuses.push((await refresh()).status);
    expect(statuses.at(-1)).toBe('warming');
    asked = 0;
    for (let times = 0; times < 5; times += 1) await refresh();
    expect(asked).toBe(5);
  });

  it('is read once: later only what is new', async () => {
    for (let times = 0; times < 30 && (await refresh()).status !== 'fresh'; times += 1);
    asked = 0;
    expect((await refresh()).status).toBe('fresh');
    expect(asked).toBe(1);
  });
});

describe('a window whose platform hangs', () => {
  const hangs = (): Promise<never> => new Promise(() => undefined);

  it('is as the last walk over all of it has left it', async () => {
    for (let times = 0; times < 30 && (await refresh()).status !== 'fresh'; times += 1);
    before = hangs;
    const { status, asOf, problem } = await refresh(500);
    expect([status, problem]).toEqual(['stale', null]);
    expect(Date.parse(asOf ?? '')).toBeGreaterThanOrEqual(now);
  });

  it('is still to come where none was whole before', async () => {
    await refresh();
    before = hangs;
    expect(await refresh(500)).toMatchObject({ status: 'warming', asOf: null });
  });
});
