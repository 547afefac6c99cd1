import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import { RunFeed } from '../../src/runs/run-feed.ts';
import { makeKnown } from '../../src/runs/run-ledger.ts';
import type { FoundRun } from '../../src/runs/found-run.ts';
import { RunsService } from '../../src/runs/runs.service.ts';
import { RunStage, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();
const ours = 'erp:r-00000000-0000-7000-8000-000000000001';
const twin = 'erp:1';
const never = new AbortController().signal;
const long = 10_000;

let subscriber: Redis;
let feed: RunFeed;
let runs: RunsService;

beforeEach(async () => {
  subscriber = stage.redis.client.duplicate();
  feed = new RunFeed(stage.store, subscriber, pino({ level: 'silent' }));
  await feed.open();
  runs = new RunsService(new ConnectionRegistry([stage.connection]), stage.store, feed);
  stage.shown = youngRun('running');
  await stage.intake.takeListed(stage.connection, [stage.shown]);
});
afterEach(async () => {
  feed.close();
  await subscriber.quit();
});

/** Waits by the other name of the run until it is known that both are one. */
async function waitByTwin(waitMs: number): Promise<{ readonly waiting: Promise<FoundRun> }> {
  const found = await runs.find(twin);
  expect(found.record.id).toBe(twin);
  return { waiting: runs.wait(found, waitMs, never) };
}

/** The answer to its start comes, which a walk was faster than. */
async function confirm(final: boolean): Promise<void> {
  const status = final ? 'succeeded' : 'running';
  await stage.put({ mark: 'm', outcome: 'applied', nativeId: '1', status, final }, ours);
  const record = await stage.store.records.read(ours);
  if (record === null) throw new Error('there is no record of ours');
  await makeKnown(stage.store, record);
  expect(await stage.doc(twin)).toBeUndefined();
}

const end = (): Promise<unknown> =>
  stage.store.records.change(ours, ({ doc }) => ({
    doc: { ...doc, status: 'succeeded', final: true },
  }));

describe('who waits for a run by its other name', () => {
  it('is answered as soon as it has ended under the one that stays', async () => {
    const begun = Date.now();
    const { waiting } = await waitByTwin(long);
    await confirm(false);
    await end();
    const { record } = await waiting;
    expect([record.id, record.doc.status]).toEqual([ours, 'succeeded']);
    expect(Date.now() - begun).toBeLessThan(long / 2);
    expect(feed.size).toBe(0);
  });

  it('is answered at once when it has ended there already', async () => {
    const { waiting } = await waitByTwin(long);
    await confirm(true);
    const { record } = await waiting;
    expect([record.id, record.doc.final]).toEqual([ours, true]);
  });

  it('is told how it stands there when the time is over', async () => {
    const begun = Date.now();
    const { waiting } = await waitByTwin(700);
    await confirm(false);
    const { record } = await waiting;
    expect([record.id, record.doc.final]).toEqual([ours, false]);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(690);
    expect(Date.now() - begun).toBeLessThan(long / 2);
  });
});
