import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { randomUUID } from 'node:crypto';
import type { Connection } from '../../src/connections/connection.ts';
import { IdempotencyKeys } from '../../src/ledger/idempotency.ts';
import type { LedgerJob } from '../../src/ledger/ledger.queue.ts';
import type { Acceptance } from '../../src/runs/starts/accepted-run.ts';
import { RunAudit } from '../../src/runs/run-audit.ts';
import { RunAcceptance } from '../../src/runs/starts/run-acceptance.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { silent } from '../support/ledger.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('acceptance');
const queue = new Queue<LedgerJob>('starts', {
  connection: { url: process.env['TEST_REDIS_URL'] ?? '', maxRetriesPerRequest: null },
  prefix: `{${redis.prefix}}`,
});
afterAll(async () => {
  await queue.close();
  await redis.close();
});

const connection = { id: 'erp', platform: { name: 'erp' } } as Connection;
const several: Acceptance = {
  part: 'starts',
  process: 'invoices',
  input: {},
  labels: [],
  notBefore: null,
  files: [],
  evidence: [{ run: 1 }, { run: 2 }, { run: 3 }],
};

let store: RunStore;
let acceptance: RunAcceptance;
let test = 0;

beforeEach(() => {
  const prefix = `${redis.prefix}${(test += 1)}`;
  store = new RunStore(redis.client, prefix);
  const keys = new IdempotencyKeys(redis.client, prefix);
  acceptance = new RunAcceptance(store, keys, queue, new RunAudit(silent));
});

const key = randomUUID();
const who = { caller: 'me', requestId: 'request-1' };
const accept = () =>
  acceptance.once({ ...who, idempotencyKey: key }, 'print', connection, () =>
    Promise.resolve(several),
  );

/** Every run that a worker would send. */
async function sendable(): Promise<string[]> {
  const ids = await store.open.overdue(Number.MAX_SAFE_INTEGER, 100);
  return (await store.records.readMany(ids)).map(({ id }) => id);
}

describe('a start', () => {
  it('whose time has passed has as much time to be sent as any other', async () => {
    const now = await store.records.now();
    const late = { ...several, notBefore: now - 3_600_000 };
    const { id } = await acceptance.once(
      { ...who, idempotencyKey: null },
      'print',
      connection,
      () => Promise.resolve(late),
    );
    const ledger = (await store.records.read(id))?.ledger;
    expect(ledger?.notBefore).toBeGreaterThanOrEqual(now);
    expect(ledger?.deadline).toBeGreaterThanOrEqual(now + 60_000);
  });
});

describe('a start of several runs', () => {
  it('of which one was stored though nobody heard of it leaves none behind', async () => {
    const create = store.records.create.bind(store.records);
    let stores = 0;
    store.records.create = async (...args) => {
      const made = await create(...args);
      if ((stores += 1) === 2) throw new Error('Command timed out');
      return made;
    };
    await expect(accept()).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'not_sent' },
    });
    expect(await sendable()).toEqual([]);
    store.records.create = create;
    expect((await accept()).isReplay).toBe(false);
    expect(await sendable()).toHaveLength(3);
  });

  it('of which one is still on its way when it is taken back does not come later', async () => {
    const create = store.records.create.bind(store.records);
    const late: (() => Promise<boolean>)[] = [];
    store.records.create = (...args) => {
      late.push(() => create(...args));
      return Promise.reject(new Error('Command timed out'));
    };
    await expect(accept()).rejects.toMatchObject({ details: { outcome: 'not_sent' } });
    for (const arrives of late) await arrives().catch(() => false);
    expect(await sendable()).toEqual([]);
  });

  it('that cannot be taken back is in doubt, and its key stays', async () => {
    const { records } = store;
    const create = records.create.bind(records);
    let stores = 0;
    records.create = async (...args) => {
      await create(...args);
      if ((stores += 1) === 2) throw new Error('Command timed out');
      return true;
    };
    records.withdraw = () => Promise.resolve(false);
    await expect(accept()).rejects.toMatchObject({ details: { outcome: 'unknown' } });
    records.create = create;
    await expect(accept()).rejects.toMatchObject({ code: 'conflict' });
    expect(await sendable()).toHaveLength(2);
  });
});
