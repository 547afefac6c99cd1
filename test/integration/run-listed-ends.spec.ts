import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { defaultDemand } from '../../src/catalogue/freshness.ts';
import { MemoryCells } from '../../src/catalogue/memory-cells.ts';
import { ReadCache } from '../../src/catalogue/read-cache.ts';
import { Walks } from '../../src/catalogue/walks.ts';
import type { Connection } from '../../src/connections/connection.ts';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import { UpstreamRejectedError, UpstreamUnavailableError } from '../../src/domain/errors.ts';
import type { WholeRun } from '../../src/domain/run.ts';
import { erpRun } from '../../src/runs/erp-run.testing.ts';
import { foreign, instantOf, type KeptRun } from '../../src/runs/kept-run.ts';
import { RunFeed } from '../../src/runs/run-feed.ts';
import { RunPoller } from '../../src/runs/polls/run-poller.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { RunWindow } from '../../src/runs/list/run-window.ts';
import { RunsService } from '../../src/runs/runs.service.ts';
import { erpWith, shows } from '../support/erp.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('listed-ends');
afterAll(() => redis.close());

const log = pino({ level: 'silent' });
const id = 'erp:1';
const begun = instantOf(Date.now() - 5_000);
const running: WholeRun = erpRun({ createdAt: begun, startedAt: begun, updatedAt: begun });
const ends: Readonly<Record<string, Partial<WholeRun>>> = {
  'with an output': { status: 'succeeded', output: { total: 7 } },
  'for a reason': { status: 'failed', error: { code: 'E7', message: 'No ledger.' } },
};

let store: RunStore;
let connection: Connection;
let runs: RunsService;
/** What the platform shows of the run by itself; its list leaves out what it gave, and why it failed. */
let whole: WholeRun;
let looks: number;
/** Why it does not show it; null while it does. */
let away: Error | 'forgotten' | null;
let test = 0;

beforeEach(() => {
  store = new RunStore(redis.client, `${redis.prefix}${(test += 1)}`);
  [whole, looks, away] = [running, 0, null];
  connection = erpWith({
    runs: {
      get: () => {
        looks += 1;
        if (away instanceof Error) return Promise.reject(away);
        return Promise.resolve(away === null ? whole : null);
      },
      getMany: () => shows([whole]),
      since: () =>
        Promise.resolve([
          { ...whole, output: null, error: null, isOutputLong: whole.output !== null },
        ]),
    },
  });
  const feed = new RunFeed(store, redis.client, log);
  runs = new RunsService(new ConnectionRegistry([connection]), store, feed);
});

function windowOfOne(): RunWindow {
  const cells = new MemoryCells(() => Date.now());
  return new RunWindow(store, new ReadCache(cells, new Walks(cells, log), 1_000));
}

/** A walk by a process of its own. */
async function walk(): Promise<void> {
  const demand = { ...defaultDemand, forced: true };
  const { status } = await windowOfOne().refresh(connection, demand, Date.now() + 10_000);
  if (status !== 'fresh') throw new Error(`the walk is ${status}`);
}

function end(how: string): void {
  const at = instantOf(Date.now());
  whole = { ...running, ...ends[how], upstreamStatus: 'done', finishedAt: at, updatedAt: at };
}

async function kept(): Promise<KeptRun> {
  const record = await store.records.read(id);
  if (record === null) throw new Error('there is no record');
  return record.doc;
}

describe.each(Object.keys(ends))('a run that ends %s, which a list does not show', (how) => {
  it.each(['m', null])('has all of it as soon as it is final (mark: %s)', async (mark) => {
    const doc = { ...foreign(connection, running, Date.now()), mark };
    await store.records.create({ id, doc, ledger: null, evidence: null });
    await store.index.add('erp', { createdAt: Date.parse(doc.createdAt), id });
    await store.polls.plan('erp', id, (await store.records.now()) + 60_000);
    end(how);
    await walk();
    expect((await kept()).final).toBe(false);
    await new RunPoller(store, log).poll(connection);
    const { final, output, error, truncated } = await kept();
    expect([final, output, error, truncated]).toEqual([true, whole.output, whole.error, []]);
  });

  it('is read once where others have started it and only a list has shown it', async () => {
    end(how);
    await walk();
    const listed = await kept();
    const found = (await runs.find(id)).record.doc;
    expect([found.output, found.error, found.truncated]).toEqual([whole.output, whole.error, []]);
    expect(found.updatedAt >= listed.updatedAt).toBe(true);
    await walk();
    const again = (await runs.find(id)).record.doc;
    expect([again.output, again.error, looks]).toEqual([whole.output, whole.error, 1]);
  });

  it('is given as it was listed while its platform is away, and whole afterwards', async () => {
    end(how);
    await walk();
    away = new UpstreamUnavailableError('The ERP is down.');
    for (const found of [await runs.find(id), await runs.watched(id)])
      expect([found.record.doc.status, found.record.doc.output]).toEqual([whole.status, null]);
    away = null;
    const { output, error } = (await runs.find(id)).record.doc;
    expect([output, error]).toEqual([whole.output, whole.error]);
  });

  it('is asked for once where its platform has forgotten it, or refuses to show it', async () => {
    end(how);
    await walk();
    for (const gone of [null, new UpstreamRejectedError('Not for you.')]) {
      await store.records.change(id, ({ doc }) => ({ doc: { ...doc, isUnread: true } }));
      away = gone ?? 'forgotten';
      looks = 0;
      for (let turn = 0; turn < 5; turn += 1) {
        expect((await runs.find(id)).record.doc.status).toBe(whole.status);
      }
      expect(looks).toBe(1);
    }
  });

  it('is told whole to who watches it then', async () => {
    end(how);
    await walk();
    const { doc } = (await runs.watched(id)).record;
    expect([doc.output, doc.error]).toEqual([whole.output, whole.error]);
  });

  it('is read by itself where a list shows another end than the one that is kept', async () => {
    end(how);
    await walk();
    await runs.find(id);
    whole = { ...whole, status: 'timed_out', upstreamStatus: 'late', output: { total: 8 } };
    await walk();
    const { status, output } = (await runs.find(id)).record.doc;
    expect([status, output]).toEqual(['timed_out', { total: 8 }]);
  });
});

describe('a run that has ended with nothing to say', () => {
  it('has not changed by being read', async () => {
    whole = { ...running, status: 'succeeded', finishedAt: begun };
    await walk();
    await store.records.change(id, ({ doc }) => ({ doc: { ...doc, updatedAt: begun } }));
    await runs.find(id);
    await runs.find(id);
    expect([(await kept()).updatedAt, looks]).toEqual([begun, 1]);
  });
});
