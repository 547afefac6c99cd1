import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CapabilityNotSupportedError,
  type GatewayError,
  UpstreamAuthFailedError,
  UpstreamContractError,
  UpstreamRateLimitedError,
  UpstreamUnavailableError,
} from '../../src/domain/errors.ts';
import { RedisTimeoutError } from '../../src/redis/bounded-redis.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import {
  accept,
  givenUp,
  kindOf,
  lost,
  recordOf,
  type SetStore,
  type Shown,
  shortTiming,
  silent,
  storeOf,
  ToldPlatform,
} from '../support/ledger.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('patience');
afterAll(() => redis.close());

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

let store: SetStore;
let platform: ToldPlatform;
/** How looking right before it is sent fails; null: it does not. */
let fails: Error | null;
let ledger: Ledger<Shown, string>;
let test = 0;

beforeEach(() => {
  store = storeOf(redis.client, `${redis.prefix}${(test += 1)}`);
  platform = new ToldPlatform();
  fails = null;
  const ready = (): Promise<null> =>
    fails === null ? Promise.resolve(null) : Promise.reject(fails);
  ledger = new Ledger({ ...kindOf(store, platform), ready }, silent, shortTiming);
});

/** Takes it up so many minutes after it was accepted, or later if somebody else has been there; gives where it stands. */
async function at(id: string, minutes: number): Promise<string> {
  store.aheadMs = minutes * minuteMs;
  await ledger.advance(id);
  return (await recordOf(store, id)).ledger.state;
}

const unreadable = (): GatewayError => new UpstreamContractError('It answers nonsense.');
const refused = (): GatewayError => new UpstreamAuthFailedError('It refuses the credentials.');
const unable = (): GatewayError => new CapabilityNotSupportedError('It cannot import.');
const away = (): GatewayError => new UpstreamUnavailableError('It is away.', { sent: 'no' });

describe('a write that cannot be sent', () => {
  it.each([
    ['an answer that nobody can read', unreadable, 15],
    ['a defect of the gateway', () => new TypeError('x is undefined'), 15],
    ['credentials that are refused', refused, 60],
    ['a connection that cannot do it any more', unable, 15],
  ] as const)('for %s ends with that after a while', async (_why, error, minutes) => {
    fails = error();
    const id = await accept(store, { deadlineMs: dayMs });
    expect(await at(id, 0)).toBe('accepted');
    expect(await at(id, minutes - 1)).toBe('accepted');
    expect(await at(id, minutes)).toBe('not_sent');
    const { doc } = await recordOf(store, id);
    expect([doc.verdict, platform.sends]).toEqual(['not_sent', 0]);
    if (error === unreadable) expect(doc.detail).toBe('It answers nonsense.');
  });

  it('is not tried again at once, even where its platform says that it may be', async () => {
    const busy = new UpstreamRateLimitedError('Busy.', { retryAfterMs: 0 });
    platform.deeds = [busy, busy, busy];
    const id = await accept(store, { deadlineMs: dayMs });
    const pauses: (number | null)[] = [];
    for (let tries = 0; tries < 3; tries += 1) pauses.push(await ledger.advance(id));
    const { firstRetry } = shortTiming;
    expect(pauses).toEqual([firstRetry, 2 * firstRetry, 4 * firstRetry]);
    expect(await ledger.advance(id)).toBeNull();
  });

  it('as its platform is away waits for as long as it may', async () => {
    fails = away();
    const id = await accept(store, { deadlineMs: dayMs });
    for (const minutes of [0, 20, 600, 1_430]) expect(await at(id, minutes)).toBe('accepted');
    fails = null;
    expect(await at(id, 1_431)).toBe('confirmed');
  });

  it.each([
    ['hangs', new RedisTimeoutError(5_000), 'Redis gave no answer within 5000 ms.'],
    ['is lost', new Error('Connection is closed.'), 'Redis cannot be reached.'],
  ])(
    'as Redis %s whenever it has taken that it leaves waits for as long as it may',
    async (_how, error, why) => {
      const change = store.change.bind(store);
      store.change = async (id, step, options) => {
        const stands = await change(id, step, options);
        if (options?.durable === true) throw error;
        return stands;
      };
      const id = await accept(store, { deadlineMs: dayMs });
      for (const minutes of [0, 20, 600, 1_430]) expect(await at(id, minutes)).toBe('accepted');
      expect((await recordOf(store, id)).ledger.lastFailure).toBe(why);
      expect(await at(id, 1_440)).toBe('not_sent');
      expect((await recordOf(store, id)).doc.detail).toBe(
        `It was not sent before its deadline: ${why}`,
      );
      expect(platform.sends).toBe(0);
    },
  );

  it('is not blamed for the time in which it was not tried', async () => {
    const id = await accept(store, { deadlineMs: dayMs });
    fails = unreadable();
    expect(await at(id, 300)).toBe('accepted');
    expect(await at(id, 314)).toBe('accepted');
    fails = null;
    expect(await at(id, 316)).toBe('confirmed');
  });

  it('is tried on where what fails changes: an outage may show as anything in between', async () => {
    const id = await accept(store, { deadlineMs: dayMs });
    for (const [minutes, error] of [
      [0, unreadable()],
      [14, away()],
      [28, unreadable()],
      [42, unreadable()],
    ] as const) {
      fails = error;
      expect(await at(id, minutes)).toBe('accepted');
    }
    expect(await at(id, 43)).toBe('not_sent');
  });

  it('as the gateway fails before anything has left is no doubt, and ends', async () => {
    platform.send = () => Promise.reject(new TypeError('x is undefined'));
    const id = await accept(store, { deadlineMs: dayMs });
    expect(await at(id, 0)).toBe('accepted');
    expect(await at(id, 15)).toBe('not_sent');
    expect(platform.looks).toBe(0);
  });

  it('of which a part has happened is not called unsent', async () => {
    platform.deeds = ['breaks off'];
    platform.repeatable = true;
    const patient = { ...shortTiming, begun: dayMs };
    const id = await accept(store, { deadlineMs: dayMs });
    const own = new Ledger(kindOf(store, platform), silent, patient);
    for (const minutes of [0, 1, 2]) {
      store.aheadMs = minutes * minuteMs;
      await own.advance(id);
    }
    expect((await recordOf(store, id)).ledger).toMatchObject({ state: 'accepted', isBegun: true });
    platform.send = () => Promise.reject(new TypeError('x is undefined'));
    for (const minutes of [3, 30, 60]) {
      store.aheadMs = minutes * minuteMs;
      await own.advance(id);
      expect((await recordOf(store, id)).ledger.state).toBe('accepted');
    }
  });
});

describe('a write in doubt', () => {
  it.each([
    ['whose connection broke', lost()],
    ['that was given up', givenUp()],
  ])('%s is looked at again when its time is over, and not later', async (_what, error) => {
    const rare = { ...shortTiming, firstRetry: 700, longestRetry: 700 };
    const own = new Ledger(kindOf(store, platform), silent, rare);
    platform.deeds = [error];
    platform.shows = { state: 'undecided', why: 'The list is shut.', candidates: [] };
    const id = await accept(store);
    await own.advance(id);
    const { sentUntil } = (await recordOf(store, id)).ledger;
    const leftMs = 200;
    store.aheadMs += (sentUntil ?? 0) + shortTiming.settle - leftMs - (await store.now());
    const again = await own.advance(id);
    expect((await recordOf(store, id)).ledger.state).toBe('sent');
    expect(again).toBeLessThanOrEqual(leftMs);
    expect(again).toBeGreaterThan(0);
    store.aheadMs += leftMs;
    await own.advance(id);
    expect((await recordOf(store, id)).ledger.state).toBe('unknown');
  });

  it('lets go of its files once, however often it is looked at', async () => {
    const removed: (readonly string[])[] = [];
    const removeFiles = (ids: readonly string[]): Promise<void> => {
      removed.push(ids);
      return Promise.resolve();
    };
    const kind = { ...kindOf(store, platform), removeFiles };
    const own = new Ledger(kind, silent, shortTiming);
    platform.deeds = ['loses'];
    platform.shows = { state: 'undecided', why: 'The list is shut.', candidates: ['a'] };
    const id = await accept(store);
    await store.change(id, (record) =>
      record.ledger === null ? null : { ledger: { ...record.ledger, files: ['file'] } },
    );
    await own.advance(id);
    store.aheadMs = minuteMs / 2;
    for (let look = 0; look < 8; look += 1) await own.advance(id);
    expect((await recordOf(store, id)).ledger).toMatchObject({ state: 'unknown', files: [] });
    // Once more than needed: whoever wrote that it is in doubt may have ended before it let go.
    expect(removed).toEqual([['file'], ['file']]);
  });
});
