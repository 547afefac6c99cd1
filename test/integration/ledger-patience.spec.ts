import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  CapabilityNotSupportedError,
  type GatewayError,
  NotFoundError,
  UpstreamAuthFailedError,
  UpstreamContractError,
  UpstreamRateLimitedError,
  UpstreamUnavailableError,
} from '../../src/domain/errors.ts';
import { RedisTimeoutError } from '../../src/redis/bounded-redis.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { givenUp, lost, type Shown, shortTiming } from '../support/ledger.ts';
import { LedgerStage } from '../support/ledger-stage.ts';

const stage = new LedgerStage('patience');

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** How looking right before it is sent fails; null: it does not. */
let fails: Error | null;
let ledger: Ledger<Shown, string>;

beforeEach(() => {
  fails = null;
  const ready = (): Promise<null> =>
    fails === null ? Promise.resolve(null) : Promise.reject(fails);
  ledger = stage.process({ kind: { ready } });
});

/** Takes it up so many minutes after it was accepted, or later if somebody else has been there; gives where it stands. */
async function at(id: string, minutes: number): Promise<string> {
  stage.store.aheadMs = minutes * minuteMs;
  await ledger.advance(id);
  return stage.state(id);
}

const unreadable = (): GatewayError => new UpstreamContractError('It answers nonsense.');
const refused = (): GatewayError => new UpstreamAuthFailedError('It refuses the credentials.');
const unable = (): GatewayError => new CapabilityNotSupportedError('It cannot import.');
const unknown = (): GatewayError => new NotFoundError('There is no connection "erp".');
const away = (): GatewayError => new UpstreamUnavailableError('It is away.', { sent: 'no' });

describe('a write that cannot be sent', () => {
  it.each([
    ['an answer that nobody can read', unreadable, 15],
    ['a defect of the gateway', () => new TypeError('x is undefined'), 15],
    ['credentials that are refused', refused, 60],
    ['a connection that cannot do it any more', unable, 15],
    ['a connection that is not configured any more', unknown, 15],
  ] as const)('for %s ends with that after a while', async (_why, error, minutes) => {
    fails = error();
    const id = await stage.accept({ deadlineMs: dayMs });
    expect(await at(id, 0)).toBe('accepted');
    expect(await at(id, minutes - 1)).toBe('accepted');
    expect(await at(id, minutes)).toBe('not_sent');
    const { doc } = await stage.record(id);
    expect([doc.verdict, stage.platform.sends]).toEqual(['not_sent', 0]);
    if (error === unreadable) expect(doc.detail).toBe('It answers nonsense.');
  });

  it('as it was turned away at the door is sent by the next try that is let in, and ends after an hour of them', async () => {
    const upstream = { status: 401, code: null, message: null, requestId: null };
    const turnedAway = new UpstreamAuthFailedError('It knows no such token.', {
      sent: 'no',
      upstream,
    });
    stage.platform.deeds = [turnedAway, turnedAway];
    const mended = await stage.accept({ deadlineMs: dayMs });
    for (const minutes of [0, 59]) expect(await at(mended, minutes)).toBe('accepted');
    expect(await at(mended, 60)).toBe('confirmed');
    stage.platform.deeds = [turnedAway, turnedAway, turnedAway];
    const lasting = await stage.accept({ deadlineMs: dayMs });
    for (const minutes of [60, 119]) expect(await at(lasting, minutes)).toBe('accepted');
    expect(await at(lasting, 121)).toBe('not_sent');
    expect((await stage.record(lasting)).doc.verdict).toBe('not_sent');
  });

  it('is not tried again at once, even where its platform says that it may be', async () => {
    const busy = new UpstreamRateLimitedError('Busy.', { retryAfterMs: 0 });
    stage.platform.deeds = [busy, busy, busy];
    const id = await stage.accept({ deadlineMs: dayMs });
    const pauses: (number | null)[] = [];
    for (let tries = 0; tries < 3; tries += 1) pauses.push(await ledger.advance(id));
    const { firstRetry } = shortTiming;
    expect(pauses).toEqual([firstRetry, 2 * firstRetry, 4 * firstRetry]);
    expect(await ledger.advance(id)).toBeNull();
  });

  it('as its platform is away waits for as long as it may', async () => {
    fails = away();
    const id = await stage.accept({ deadlineMs: dayMs });
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
      const change = stage.store.change.bind(stage.store);
      stage.store.change = async (id, step, options) => {
        const stands = await change(id, step, options);
        if (options?.durable === true) throw error;
        return stands;
      };
      const id = await stage.accept({ deadlineMs: dayMs });
      for (const minutes of [0, 20, 600, 1_430]) expect(await at(id, minutes)).toBe('accepted');
      expect((await stage.record(id)).ledger.lastFailure).toBe(why);
      expect(await at(id, 1_440)).toBe('not_sent');
      expect((await stage.record(id)).doc.detail).toBe(
        `It was not sent before its deadline: ${why}`,
      );
      expect(stage.platform.sends).toBe(0);
    },
  );

  it('is not blamed for the time in which it was not tried', async () => {
    const id = await stage.accept({ deadlineMs: dayMs });
    fails = unreadable();
    expect(await at(id, 300)).toBe('accepted');
    expect(await at(id, 314)).toBe('accepted');
    fails = null;
    expect(await at(id, 316)).toBe('confirmed');
  });

  it('is tried on where what fails changes: an outage may show as anything in between', async () => {
    const id = await stage.accept({ deadlineMs: dayMs });
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
    stage.platform.send = () => Promise.reject(new TypeError('x is undefined'));
    const id = await stage.accept({ deadlineMs: dayMs });
    expect(await at(id, 0)).toBe('accepted');
    expect(await at(id, 15)).toBe('not_sent');
    expect(stage.platform.looks).toBe(0);
  });

  it('of which a part has happened is not called unsent', async () => {
    stage.platform.deeds = ['breaks off'];
    stage.platform.repeatable = true;
    const patient = { ...shortTiming, begun: dayMs };
    const id = await stage.accept({ deadlineMs: dayMs });
    const own = stage.process({ timing: patient });
    for (const minutes of [0, 1, 2]) {
      stage.store.aheadMs = minutes * minuteMs;
      await own.advance(id);
    }
    expect((await stage.record(id)).ledger).toMatchObject({ state: 'accepted', isBegun: true });
    stage.platform.send = () => Promise.reject(new TypeError('x is undefined'));
    for (const minutes of [3, 30, 60]) {
      stage.store.aheadMs = minutes * minuteMs;
      await own.advance(id);
      expect(await stage.state(id)).toBe('accepted');
    }
  });
});

describe('a write in doubt', () => {
  it.each([
    ['whose connection broke', lost()],
    ['that was given up', givenUp()],
  ])('%s is looked at again when its time is over, and not later', async (_what, error) => {
    const rare = { ...shortTiming, firstRetry: 700, longestRetry: 700 };
    const own = stage.process({ timing: rare });
    stage.platform.deeds = [error];
    stage.platform.shows = { state: 'undecided', why: 'The list is shut.', candidates: [] };
    const id = await stage.accept();
    await own.advance(id);
    const { sentUntil } = (await stage.record(id)).ledger;
    const leftMs = 200;
    stage.store.aheadMs +=
      (sentUntil ?? 0) + shortTiming.settle - leftMs - (await stage.store.now());
    const again = await own.advance(id);
    expect(await stage.state(id)).toBe('sent');
    expect(again).toBeLessThanOrEqual(leftMs);
    expect(again).toBeGreaterThan(0);
    stage.store.aheadMs += leftMs;
    await own.advance(id);
    expect(await stage.state(id)).toBe('unknown');
  });

  it('lets go of its files once, however often it is looked at', async () => {
    const removed: (readonly string[])[] = [];
    const removeFiles = (ids: readonly string[]): Promise<void> => {
      removed.push(ids);
      return Promise.resolve();
    };
    const own = stage.process({ kind: { removeFiles } });
    stage.platform.deeds = ['loses'];
    stage.platform.shows = { state: 'undecided', why: 'The list is shut.', candidates: ['a'] };
    const id = await stage.accept();
    await stage.store.change(id, (record) =>
      record.ledger === null ? null : { ledger: { ...record.ledger, files: ['file'] } },
    );
    await own.advance(id);
    stage.store.aheadMs = minuteMs / 2;
    for (let look = 0; look < 8; look += 1) await own.advance(id);
    expect((await stage.record(id)).ledger).toMatchObject({ state: 'unknown', files: [] });
    // Once more than needed: whoever wrote that it is in doubt may have ended before it let go.
    expect(removed).toEqual([['file'], ['file']]);
  });
});
