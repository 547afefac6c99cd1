import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { Connection } from '../../src/connections/connection.ts';
import { UpstreamAuthFailedError, UpstreamUnavailableError } from '../../src/domain/errors.ts';
import type { WholeRun, RunRef, Sightings } from '../../src/domain/run.ts';
import { erpRun } from '../../src/runs/erp-run.testing.ts';
import { foreign, instantOf, seen } from '../../src/runs/kept-run.ts';
import { RunPoller } from '../../src/runs/polls/run-poller.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { readEach } from '../../src/platforms/many-runs.ts';
import { erpWith } from '../support/erp.ts';
import { eventually } from '../support/eventually.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('looks');
afterAll(() => redis.close());

const log = pino({ level: 'silent' });
const away = (): Error => new UpstreamUnavailableError('It is away.');

let store: RunStore;
let connection: Connection;
/** Runs that the platform was asked for, in that order. */
let asked: string[];
let look: (runs: readonly RunRef[], signal: AbortSignal) => AsyncIterable<Sightings>;
let test = 0;

const shown = (nativeId: string): WholeRun =>
  erpRun({
    nativeId,
    status: 'succeeded',
    upstreamStatus: 'done',
    createdAt: instantOf(Date.now()),
  });

beforeEach(() => {
  store = new RunStore(redis.client, `${redis.prefix}${(test += 1)}`);
  asked = [];
  connection = erpWith({
    runs: {
      get: (nativeId) => Promise.resolve(shown(nativeId)),
      getMany: (runs, signal) => look(runs, signal),
      since: () => Promise.resolve([]),
    },
  });
});

/** Runs of which each is due a little later than the one before. */
async function due(names: readonly string[]): Promise<void> {
  const now = await store.records.now();
  for (const [at, name] of names.entries()) {
    const doc = foreign(connection, { ...shown(name), status: 'running' }, now);
    await store.records.create({ id: `erp:${name}`, doc, ledger: null, evidence: null });
    await store.polls.plan('erp', `erp:${name}`, now - 1_000 + at);
  }
}

async function ended(): Promise<string[]> {
  const records = await store.records.readMany(['a', 'b', 'c', 'd'].map((name) => `erp:${name}`));
  return records.filter(({ doc }) => doc.final).map(({ doc }) => doc.nativeId ?? '');
}

const poll = (): Promise<number> => new RunPoller(store, log).poll(connection);

describe('a look at runs', () => {
  it('keeps what was shown before the platform went away', async () => {
    await due(['a', 'b', 'c', 'd']);
    look = async function* ([first, second]) {
      await Promise.resolve();
      for (const { nativeId } of [first!, second!]) yield new Map([[nativeId, shown(nativeId)]]);
      throw away();
    };
    await poll();
    expect(await ended()).toEqual(['a', 'b']);
  });

  it('takes those first the next time that it did not come to', async () => {
    await due(['c', 'a', 'd', 'b']);
    look = async function* (runs) {
      await Promise.resolve();
      const [{ nativeId } = { nativeId: '' }] = runs;
      asked.push(nativeId);
      yield new Map([[nativeId, { ...shown(nativeId), status: 'running' as const }]]);
    };
    for (let times = 0; times < 4; times += 1) await poll();
    expect(asked).toEqual(['c', 'a', 'd', 'b']);
  });

  it('is not held up by one that cannot be read, which is looked at again', async () => {
    await due(['a', 'b', 'c', 'd']);
    look = (runs, signal) =>
      readEach(
        runs,
        ({ nativeId }) =>
          nativeId === 'a'
            ? Promise.reject(new UpstreamAuthFailedError('Not this one.'))
            : Promise.resolve(nativeId === 'b' ? null : shown(nativeId)),
        { concurrency: 2, signal },
      );
    await poll();
    expect(await ended()).toEqual(['c', 'd']);
    expect(await store.polls.count('erp')).toBe(2);
    expect(await store.polls.next('erp')).toBeGreaterThan(await store.records.now());
  });

  it('is not held up by one whose reading hangs, which is written down once it comes', async () => {
    await due(['a', 'b', 'c']);
    let answer = (): void => undefined;
    const hanging = new Promise<WholeRun>((resolve) => {
      answer = () => {
        resolve(shown('a'));
      };
    });
    const signals: AbortSignal[] = [];
    const ends = new Set(['b']);
    look = (runs, signal) => {
      signals.push(signal);
      const read = ({ nativeId }: RunRef): Promise<WholeRun> => {
        if (nativeId === 'a') return hanging;
        const status = ends.has(nativeId) ? 'succeeded' : 'running';
        return Promise.resolve({ ...shown(nativeId), status });
      };
      return readEach(runs, read, { concurrency: 2, signal });
    };
    await poll();
    expect(await ended()).toEqual(['b']);
    const now = await store.records.now();
    expect(await store.polls.next('erp')).toBeLessThan(now + 20_000);
    ends.add('c');
    await store.polls.plan('erp', 'erp:c', now);
    await poll();
    expect(await ended()).toEqual(['b', 'c']);
    expect(signals[0]?.aborted).toBe(false);
    answer();
    await eventually(async () => {
      expect(await ended()).toEqual(['a', 'b', 'c']);
    });
  });

  it('reads no run once more whose reading hangs, and takes nothing for news that was asked before its end', async () => {
    await due(['a', 'b']);
    const running = (nativeId: string): WholeRun => ({ ...shown(nativeId), status: 'running' });
    let answer = (): void => undefined;
    const hanging = new Promise<WholeRun>((resolve) => {
      answer = () => {
        resolve(running('a'));
      };
    });
    look = (runs, signal) => {
      const read = ({ nativeId }: RunRef): Promise<WholeRun> => {
        asked.push(nativeId);
        return nativeId === 'a' ? hanging : Promise.resolve(running(nativeId));
      };
      return readEach(runs, read, { concurrency: 2, signal });
    };
    const poller = new RunPoller(store, log);
    await poller.poll(connection);
    const now = await store.records.now();
    const again = async (): Promise<number> => {
      await store.polls.plan('erp', 'erp:a', now);
      await poller.poll(connection);
      return store.polls.count('erp');
    };
    const readsOfA = (): string[] => asked.filter((nativeId) => nativeId === 'a');
    expect([await again(), readsOfA()]).toEqual([2, ['a']]);
    // Another process has seen its end meanwhile.
    await store.records.change('erp:a', ({ doc }) => ({ doc: seen(doc, shown('a'), now + 1) }));
    answer();
    // Only once it is looked at behind no more it is taken up, and found to have ended.
    await eventually(async () => {
      expect(await again()).toBe(1);
    });
    expect((await store.records.read('erp:a'))?.doc).toMatchObject({ final: true, attempt: 1 });
    expect(readsOfA()).toEqual(['a']);
  });

  it('asks a platform that gives nothing for no more', async () => {
    await due(Array.from({ length: 50 }, (_, at) => String(at)));
    look = (runs, signal) =>
      readEach(
        runs,
        ({ nativeId }) => {
          asked.push(nativeId);
          return Promise.reject(away());
        },
        { concurrency: 2, signal },
      );
    await poll();
    expect(asked.length).toBeLessThan(15);
    expect(await store.polls.count('erp')).toBe(50);
  });
});

describe('runs that are read one by one', () => {
  it('are begun in their order, and no more once the time is over', async () => {
    const gone = new AbortController();
    const refs = ['a', 'b', 'c', 'd'].map((nativeId) => ({ nativeId }));
    const told: string[] = [];
    for await (const sightings of readEach(
      refs,
      ({ nativeId }) => {
        asked.push(nativeId);
        if (nativeId === 'b') gone.abort();
        return Promise.resolve(shown(nativeId));
      },
      { concurrency: 1, signal: gone.signal },
    ))
      told.push(...sightings.keys());
    expect([asked, told]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });
});
