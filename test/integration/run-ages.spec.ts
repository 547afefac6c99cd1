import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { Connection } from '../../src/connections/connection.ts';
import type { WholeRun, RunRef } from '../../src/domain/run.ts';
import type { LedgerEntry } from '../../src/ledger/record.ts';
import { begunAnew } from '../../src/runs/control/anew.ts';
import { erpRun } from '../../src/runs/erp-run.testing.ts';
import { foreign, instantOf, type KeptRun, seen } from '../../src/runs/kept-run.ts';
import { RunPoller } from '../../src/runs/polls/run-poller.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { erpWith, shows } from '../support/erp.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('ages');
afterAll(() => redis.close());

const log = pino({ level: 'silent' });
const minute = 60_000;
const longAgo = 90 * minute;
/** A pause of two seconds at its longest, and then some. */
const soonMs = 3_000;

let store: RunStore;
let connection: Connection;
let shown: WholeRun;
/** What the platform was asked for. */
let refs: RunRef[];
let test = 0;

const ago = (ms: number): string => instantOf(Date.now() - ms);

beforeEach(() => {
  store = new RunStore(redis.client, `${redis.prefix}${(test += 1)}`);
  refs = [];
  shown = erpRun({ status: 'queued', createdAt: ago(longAgo), mark: 'm' });
  connection = erpWith({
    runs: {
      get: () => Promise.resolve(shown),
      getMany: (runs) => {
        refs.push(...runs);
        return shows([shown]);
      },
      since: () => Promise.resolve([shown]),
    },
  });
});

/** The entry of a start that was accepted long ago, and sent now. */
function scheduled(): LedgerEntry {
  const now = Date.now();
  return {
    state: 'confirmed',
    connection: 'erp',
    part: 'starts',
    mark: 'm',
    acceptedAt: now - longAgo,
    notBefore: now,
    deadline: now + minute,
    token: null,
    sendBy: null,
    sentFrom: now,
    sentUntil: now,
    tries: 1,
    lastFailure: null,
    looks: 0,
    absentSince: null,
    files: [],
  };
}

/** Stores a run that was made long ago, looks at it, and gives how long until it is looked at again, in ms. */
async function pauseOf(doc: KeptRun, ledger: LedgerEntry | null = null): Promise<number> {
  const now = await store.records.now();
  await store.records.create({ id: 'erp:1', doc, ledger, evidence: null });
  await store.polls.plan('erp', 'erp:1', now);
  await new RunPoller(store, log).poll(connection);
  const due = await redis.client.zscore(`${redis.prefix}${test}:runs:{erp}:due`, 'erp:1');
  return Number(due) - now;
}

const old = (changes: Partial<KeptRun> = {}): KeptRun => ({
  ...foreign(connection, shown, Date.now()),
  mark: 'm',
  ...changes,
});

describe('a run that was made long ago', () => {
  it('is looked at seldom', async () => {
    expect(await pauseOf(old())).toBeGreaterThan(minute / 2);
  });

  it('and sent just now is looked at often, and looked for among what is as young', async () => {
    expect(await pauseOf(old(), scheduled())).toBeLessThan(soonMs);
    expect(Date.parse(refs[0]?.createdAt ?? '')).toBeGreaterThan(Date.now() - minute);
  });

  it('and has begun just now is looked at often', async () => {
    shown = { ...shown, status: 'running', startedAt: ago(1_000) };
    expect(await pauseOf(old())).toBeLessThan(soonMs);
  });

  it('by a clock that is ahead is as old as it is', async () => {
    shown = { ...shown, status: 'running', startedAt: ago(-longAgo) };
    expect(await pauseOf(old())).toBeGreaterThan(minute / 2);
  });

  it('and was begun anew is looked at often', async () => {
    expect(await pauseOf(begunAnew(old({ final: true }), instantOf(Date.now())))).toBeLessThan(
      soonMs,
    );
  });

  it('and was begun anew by others is looked at often', async () => {
    const ended = old({ status: 'succeeded', final: true });
    expect(await pauseOf(seen(ended, shown, Date.now()))).toBeLessThan(soonMs);
  });
});
