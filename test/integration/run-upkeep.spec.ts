import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { defaultDemand } from '../../src/catalogue/freshness.ts';
import { MemoryCells } from '../../src/catalogue/memory-cells.ts';
import { ReadCache } from '../../src/catalogue/read-cache.ts';
import { Walks } from '../../src/catalogue/walks.ts';
import type { Connection } from '../../src/connections/connection.ts';
import { erpRun } from '../../src/runs/erp-run.testing.ts';
import { foreign, instantOf, type KeptRun } from '../../src/runs/kept-run.ts';
import { listRuns, type RunFilter } from '../../src/runs/list/run-list.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { RunUpkeep } from '../../src/runs/polls/run-upkeep.ts';
import { RunWindow } from '../../src/runs/list/run-window.ts';
import { erpWith, shows } from '../support/erp.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('upkeep');
afterAll(() => redis.close());

const log = pino({ level: 'silent' });
const day = 24 * 3_600_000;
const all: RunFilter = {
  process: null,
  statuses: null,
  final: null,
  outcome: null,
  labels: null,
  startedAfter: null,
  startedBefore: null,
  initiator: null,
  correlationId: null,
};

let store: RunStore;
let connection: Connection;
let test = 0;

beforeEach(() => {
  store = new RunStore(redis.client, `${redis.prefix}${(test += 1)}`);
  connection = erpWith({
    runs: {
      get: () => Promise.resolve(null),
      getMany: () => shows([]),
      since: () => Promise.resolve([]),
    },
  });
});

/** Stores a run that was made so many days ago. */
async function put(id: string, days: number, changes: Partial<KeptRun> = {}): Promise<void> {
  const createdAt = Date.now() - days * day;
  const run = erpRun({ nativeId: id, createdAt: instantOf(createdAt) });
  const doc = { ...foreign(connection, run, Date.now()), ...changes };
  await store.records.create({ id: `erp:${id}`, doc, ledger: null, evidence: null });
  await store.index.add('erp', { createdAt, id: `erp:${id}` });
}

/** What a list that is asked for now shows, after its platform was looked at. */
async function listed(): Promise<string[]> {
  const cells = new MemoryCells(() => Date.now());
  const window = new RunWindow(store, new ReadCache(cells, new Walks(cells, log), 1_000));
  await window.refresh(connection, defaultDemand, Date.now() + 5_000);
  const { runs } = await listRuns(store, [connection], all, { from: null, limit: 100 });
  return runs.map(({ id }) => id);
}

/** How many places the order of runs has. */
async function places(): Promise<number> {
  const span = { from: 0, until: Number.MAX_SAFE_INTEGER };
  return (await store.index.between('erp', span, 0, 1_000)).length;
}

describe('a run that was made long ago', () => {
  const final: Partial<KeptRun> = { status: 'succeeded', final: true };

  it('stands in the list as long as it has a record', async () => {
    await put('open', 300);
    await put('ended', 36, final);
    await new RunUpkeep(store).keep('erp');
    expect(await listed()).toEqual(['erp:ended', 'erp:open']);
  });

  it('loses its place with its record', async () => {
    for (let at = 0; at < 250; at += 1) await put(`gone${at}`, 36, final);
    await put('left', 37, final);
    await put('young', 1);
    for (let at = 0; at < 250; at += 1) await store.records.remove(`erp:gone${at}`);
    await new RunUpkeep(store).keep('erp');
    expect(await places()).toBe(2);
    expect(await listed()).toEqual(['erp:young', 'erp:left']);
  });

  it('is found by what its platform calls it as long as it has a record', async () => {
    await put('r-1', 36, { nativeId: '1', mark: 'r-1' });
    expect(await store.index.named('erp', ['1', 'r-1'])).toEqual([null, null]);
    await new RunUpkeep(store).keep('erp');
    expect(await store.index.named('erp', ['1', 'r-1'])).toEqual(['erp:r-1', 'erp:r-1']);
  });
});
