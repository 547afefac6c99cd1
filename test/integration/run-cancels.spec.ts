import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { Connection } from '../../src/connections/connection.ts';
import type { WholeRun } from '../../src/domain/run.ts';
import { erpRun } from '../../src/runs/erp-run.testing.ts';
import { foreign, instantOf, type KeptRun } from '../../src/runs/kept-run.ts';
import { RunPoller } from '../../src/runs/polls/run-poller.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { eventually } from '../support/eventually.ts';
import { erpWith, shows } from '../support/erp.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('cancels');
afterAll(() => redis.close());

const log = pino({ level: 'silent' });
const hanging = ['1', '2', '3', '4', '5', '6'];

let store: RunStore;
let poller: RunPoller;
let connection: Connection;
/** Native ids, as often as their platform was told. */
let told: string[];
let underWay: number;
let mostUnderWay: number;
/** The platform answers what it is told from now on. */
let answer: () => void;
let test = 0;

function shown(nativeId: string): WholeRun {
  const at = instantOf(Date.now() - 5_000);
  const status = hanging.includes(nativeId) ? 'suspended' : 'succeeded';
  return erpRun({ nativeId, status, createdAt: at, startedAt: at, updatedAt: at });
}

beforeEach(() => {
  store = new RunStore(redis.client, `${redis.prefix}${(test += 1)}`);
  poller = new RunPoller(store, log);
  [told, underWay, mostUnderWay] = [[], 0, 0];
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  connection = erpWith({
    runs: {
      get: (nativeId) => Promise.resolve(shown(nativeId)),
      getMany: (runs) => shows(runs.map(({ nativeId }) => shown(nativeId))),
      since: () => Promise.resolve([]),
    },
    cancel: {
      cancel: async ({ nativeId }) => {
        told.push(nativeId);
        mostUnderWay = Math.max(mostUnderWay, (underWay += 1));
        await answered;
        underWay -= 1;
        return true;
      },
    },
  });
});

/** An open run that is due. */
async function put(nativeId: string, changes: Partial<KeptRun> = {}): Promise<void> {
  const now = await store.records.now();
  const running = { ...shown(nativeId), status: 'running', upstreamStatus: 'running' } as const;
  const doc = { ...foreign(connection, running, now), ...changes };
  await store.records.create({ id: `erp:${nativeId}`, doc, ledger: null, evidence: null });
  await store.polls.plan('erp', `erp:${nativeId}`, now);
}

const docOf = async (nativeId: string): Promise<KeptRun | undefined> =>
  (await store.records.read(`erp:${nativeId}`))?.doc;

async function allAreTold(): Promise<void> {
  await eventually(async () => {
    for (const nativeId of hanging) expect((await docOf(nativeId))?.pendingCancel).toBeNull();
  });
}

describe('runs that are to be stopped, on a platform that does not answer that', () => {
  beforeEach(async () => {
    const cancelled = {
      isCancelling: true,
      pendingCancel: { force: false, cascade: false, from: 'running' } as const,
    };
    for (const nativeId of hanging) await put(nativeId, { ...cancelled, status: 'cancelling' });
  });

  it('hold up no look at others', async () => {
    await put('7');
    expect(await poller.poll(connection)).toBe(7);
    expect((await docOf('7'))?.status).toBe('succeeded');
    await put('8');
    await poller.poll(connection);
    expect((await docOf('8'))?.status).toBe('succeeded');
    answer();
    await allAreTold();
  });

  it('leave room for what else is asked of it, however often they are looked at', async () => {
    await poller.poll(connection);
    await eventually(() => {
      expect(told.length).toBeGreaterThan(0);
    });
    for (const nativeId of hanging)
      await store.polls.plan('erp', `erp:${nativeId}`, await store.records.now());
    await poller.poll(connection);
    answer();
    await allAreTold();
    expect([...told].sort()).toEqual(hanging);
    expect(mostUnderWay).toBeLessThan(connection.config.concurrency);
  });

  it('are told of again as long as they go on, though not at each look', async () => {
    answer();
    await poller.poll(connection);
    await allAreTold();
    const due = async (): Promise<void> => {
      const now = await store.records.now();
      for (const nativeId of hanging) await store.polls.plan('erp', `erp:${nativeId}`, now);
      await poller.poll(connection);
    };
    await due();
    expect(told).toHaveLength(hanging.length);
    const longAgo = instantOf(Date.now() - 60_000);
    for (const nativeId of hanging)
      await store.records.change(`erp:${nativeId}`, ({ doc }) =>
        doc.toldToStop === undefined
          ? null
          : { doc: { ...doc, toldToStop: { ...doc.toldToStop, at: longAgo } } },
      );
    await due();
    await eventually(async () => {
      for (const nativeId of hanging)
        expect(await docOf(nativeId)).toMatchObject({
          ...{ status: 'cancelling', pendingCancel: null, toldToStop: { times: 2 } },
        });
    });
    expect([...told].sort()).toEqual([...hanging, ...hanging].sort());
  });

  it('are `cancelling` although it shows them as suspended, and looked at soon once it was told', async () => {
    await poller.poll(connection);
    const late = (await store.records.now()) + 60_000;
    for (const nativeId of hanging) {
      expect((await docOf(nativeId))?.status).toBe('cancelling');
      await store.polls.plan('erp', `erp:${nativeId}`, late);
    }
    answer();
    await allAreTold();
    await eventually(async () => {
      const inMs = ((await store.polls.next('erp')) ?? late) - (await store.records.now());
      expect(inMs).toBeLessThan(5_000);
    });
  });
});
