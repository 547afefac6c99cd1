import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { UpstreamContractError, UpstreamUnavailableError } from '../../src/domain/errors.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import {
  accept,
  givenUp,
  processOf,
  recordOf,
  type SetStore,
  type Shown,
  shortTiming,
  storeOf,
  ToldPlatform,
} from '../support/ledger.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('late');
afterAll(() => redis.close());

const from = (status: number): UpstreamUnavailableError =>
  new UpstreamUnavailableError('A proxy gave up.', {
    sent: 'maybe',
    upstream: { status, code: null, message: 'It took too long.', requestId: null },
  });

let store: SetStore;
let platform: ToldPlatform;
let ledger: Ledger<Shown, string>;
let id: string;
let test = 0;

beforeEach(async () => {
  store = storeOf(redis.client, `${redis.prefix}${(test += 1)}`);
  platform = new ToldPlatform();
  ledger = processOf(store, platform);
  id = await accept(store);
});

/** Takes the record up until nobody knows what became of it. */
async function untilDoubted(): Promise<void> {
  for (let again: number | null = 0; again !== null;) {
    await sleep(again);
    again = await ledger.advance(id);
    if ((await recordOf(store, id)).ledger.state === 'unknown') return;
  }
}

describe.each([
  ['that was not answered in time', givenUp()],
  ['that a proxy gave up with 504', from(504)],
  ['that a proxy gave up with 502', from(502)],
  ['that a proxy gave up with 524', from(524)],
  [
    'whose answer cannot be read',
    new UpstreamContractError('It is a web page.', { sent: 'maybe' }),
  ],
])('a write %s, and shows nowhere', (_, error) => {
  it('is in doubt instead of sent again, as somebody may still hold it', async () => {
    platform.deeds = [error];
    await untilDoubted();
    const { ledger: entry, doc } = await recordOf(store, id);
    expect([entry.state, doc.verdict, platform.sends]).toEqual(['unknown', 'unknown', 1]);
    expect(doc.detail).toContain('may still bring it');
  });

  it('is confirmed when it comes late, done once', async () => {
    platform.deeds = [error];
    await untilDoubted();
    platform.effects.push(id);
    expect(await ledger.advance(id)).toBeNull();
    const { ledger: entry, doc } = await recordOf(store, id);
    expect([entry.state, doc.receipt]).toEqual(['confirmed', `native ${id}`]);
    expect([platform.sends, platform.effects]).toEqual([1, [id]]);
  });

  it('never was sent once nobody can hold it any more', async () => {
    platform.deeds = [error];
    await untilDoubted();
    store.aheadMs = shortTiming.late;
    expect(await ledger.advance(id)).toBeNull();
    const { ledger: entry, doc } = await recordOf(store, id);
    expect([entry.state, doc.verdict, platform.sends]).toEqual(['not_sent', 'not_sent', 1]);
  });
});

it('a write that the platform was asked to wait with is in doubt for so long after that', async () => {
  platform.waitTime = shortTiming.late;
  platform.deeds = [givenUp()];
  platform.shows = { state: 'undecided', why: 'It is not over.', candidates: [] };
  await ledger.advance(id);
  store.aheadMs = shortTiming.late + 1_000;
  platform.shows = null;
  await untilDoubted();
  expect((await recordOf(store, id)).ledger.state).toBe('unknown');
  store.aheadMs = 2 * shortTiming.late + 1_000;
  await ledger.advance(id);
  expect((await recordOf(store, id)).ledger.state).toBe('not_sent');
});

it('a write whose next try is lost is not taken for one that somebody holds', async () => {
  platform.deeds = ['swallows', 'answers'];
  for (let again: number | null = 0; again !== null;) {
    await sleep(again);
    again = await ledger.advance(id);
  }
  expect((await recordOf(store, id)).ledger).toMatchObject({ state: 'confirmed', tries: 2 });
  expect(platform.effects).toEqual([id]);
});
