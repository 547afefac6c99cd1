import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CapabilityNotSupportedError,
  UpstreamRateLimitedError,
  UpstreamUnavailableError,
} from '../../src/domain/errors.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import {
  accept,
  hopeless,
  kindOf,
  lost,
  processOf,
  recordOf,
  type SetStore,
  type Shown,
  shortTiming,
  silent,
  storeOf,
  ToldPlatform,
} from '../support/ledger.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('ledger');
afterAll(() => redis.close());

let store: SetStore;
let platform: ToldPlatform;
let test = 0;

beforeEach(() => {
  store = storeOf(redis.client, `${redis.prefix}${(test += 1)}`);
  platform = new ToldPlatform();
});

/** Takes a record up as often as it wants to be, until `isEnough` or nothing is left to do. */
async function untilEnd(id: string, isEnough = (_state: string): boolean => false) {
  const ledger = processOf(store, platform);
  for (let again: number | null = 0; again !== null;) {
    await sleep(again);
    again = await ledger.advance(id);
    if (isEnough((await recordOf(store, id)).ledger.state)) break;
  }
  return recordOf(store, id);
}

const unsentError = (retryAfterMs?: number) =>
  new UpstreamUnavailableError('Nobody listens there.', {
    sent: 'no',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

const neverShown = { state: 'undecided', why: 'The list is shut.', candidates: ['a'] } as const;

describe('a write', () => {
  it('whose caller has asked for its end while it could not leave is not sent again', async () => {
    const id = await accept(store);
    platform.deeds = [unsentError()];
    const stopped = { verdict: 'not_sent', detail: 'stopped', receipt: null } as const;
    const kind = {
      ...kindOf(store, platform),
      stopped: () => (platform.sends > 0 ? stopped : null),
    };
    const ledger = new Ledger(kind, silent, shortTiming);
    for (let again: number | null = 0; again !== null;) {
      await sleep(again);
      again = await ledger.advance(id);
    }
    const record = await recordOf(store, id);
    expect([platform.sends, platform.effects]).toEqual([1, []]);
    expect([record.ledger.state, record.doc.detail]).toEqual(['not_sent', 'stopped']);
    expect(await store.evidence(id)).toBeNull();
  });

  it('that is answered is confirmed, with what it was answered', async () => {
    const id = await accept(store);
    const { ledger, doc, revision } = await untilEnd(id);
    expect([ledger.state, ledger.tries, doc.receipt]).toEqual(['confirmed', 1, `native ${id}`]);
    expect([platform.effects, platform.looks, revision]).toEqual([[id], 0, 2]);
    expect(await store.evidence(id)).toBeNull();
  });

  it('that is refused is rejected, with the words of the platform, and not tried again', async () => {
    platform.deeds = ['refuses'];
    const { ledger, doc } = await untilEnd(await accept(store));
    expect([ledger.state, doc.verdict]).toEqual(['rejected', 'rejected']);
    expect(doc.detail).toBe('There is no such thing.');
    expect([platform.sends, platform.effects]).toEqual([1, []]);
  });

  it('that did not leave is sent again until it does', async () => {
    platform.deeds = [unsentError(), unsentError(), unsentError()];
    const { ledger } = await untilEnd(await accept(store));
    expect([ledger.state, ledger.tries]).toEqual(['confirmed', 4]);
    expect([platform.effects.length, platform.looks]).toEqual([1, 0]);
  });

  it('that did not leave and never can is not sent, says why, and is not tried again', async () => {
    platform.deeds = [hopeless()];
    const { ledger, doc } = await untilEnd(await accept(store));
    expect([ledger.state, doc.verdict, doc.detail]).toEqual(['not_sent', 'not_sent', 'Gone.']);
    expect([platform.sends, platform.looks]).toEqual([1, 0]);
  });

  it('that never leaves is not sent after its deadline, and says why', async () => {
    platform.deeds = Array.from({ length: 100 }, () => unsentError());
    const id = await accept(store, { deadlineMs: 400 });
    const { ledger, doc } = await untilEnd(id);
    expect([ledger.state, platform.effects]).toEqual(['not_sent', []]);
    expect(doc.detail).toContain('Nobody listens there.');
    expect(await store.now()).toBeGreaterThanOrEqual(ledger.deadline);
  });

  it('that nobody takes up in time is not sent', async () => {
    const id = await accept(store, { deadlineMs: 0 });
    const { ledger, doc } = await untilEnd(id);
    expect([ledger.state, platform.sends]).toEqual(['not_sent', 0]);
    expect(doc.detail).toContain('no worker took it up');
  });

  it('waits as long as the platform asks it to', async () => {
    platform.deeds = [new UpstreamRateLimitedError('Slowly.', { retryAfterMs: 250 })];
    const ledger = processOf(store, platform);
    const id = await accept(store);
    expect(await ledger.advance(id)).toBe(250);
    expect((await recordOf(store, id)).ledger).toMatchObject({
      state: 'accepted',
      lastFailure: 'Slowly.',
    });
    expect(await ledger.advance(id)).toBeNull();
    expect(platform.effects).toEqual([id]);
  });

  it('does not wait longer than until its deadline, however long the platform asks it to', async () => {
    platform.deeds = Array.from({ length: 100 }, () => unsentError(3_600_000));
    const id = await accept(store, { deadlineMs: 300 });
    const again = await processOf(store, platform).advance(id);
    expect(again).toBeLessThanOrEqual(300);
    const { ledger, doc } = await untilEnd(id);
    expect([ledger.state, platform.effects]).toEqual(['not_sent', []]);
    expect(doc.detail).toContain('Nobody listens there.');
  });

  it('is not sent before its time', async () => {
    const id = await accept(store, { afterMs: 300 });
    const ledger = processOf(store, platform);
    expect(await ledger.advance(id)).toBeGreaterThan(100);
    expect(platform.sends).toBe(0);
    store.aheadMs = 301;
    expect(await ledger.advance(id)).toBeNull();
    expect(platform.effects).toEqual([id]);
  });

  it('whose way there is gone is tried until its deadline, and then says so', async () => {
    const id = await accept(store, { deadlineMs: 200 });
    const gone = new Ledger(
      {
        ...kindOf(store, platform),
        write: () => {
          throw new CapabilityNotSupportedError('The connection has no starts any more.');
        },
      },
      silent,
      shortTiming,
    );
    expect(await gone.advance(id)).toBeLessThanOrEqual(200);
    store.aheadMs = 300;
    expect(await gone.advance(id)).toBeNull();
    const { ledger, doc } = await recordOf(store, id);
    expect([ledger.state, platform.sends]).toEqual(['not_sent', 0]);
    expect(doc.detail).toContain('has no starts any more');
  });

  it('whose evidence is gone is not sent', async () => {
    const id = await accept(store);
    await redis.client.hdel(`${redis.prefix}${test}:write:{${id}}`, 'evidence');
    expect((await untilEnd(id)).ledger.state).toBe('not_sent');
    expect(platform.sends).toBe(0);
  });
});

describe('a write whose answer was lost', () => {
  it('is found, and not sent again', async () => {
    platform.deeds = ['loses'];
    const id = await accept(store);
    const { ledger, doc } = await untilEnd(id);
    expect([ledger.state, doc.receipt]).toEqual(['confirmed', `native ${id}`]);
    expect([platform.sends, platform.effects]).toEqual([1, [id]]);
  });

  it('is found as soon as it shows, long before its absence would be proof', async () => {
    platform.deeds = ['loses'];
    platform.timeoutMs = 60_000;
    const began = performance.now();
    expect((await untilEnd(await accept(store))).ledger.state).toBe('confirmed');
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('is sent again once it is proved that it never arrived, and not before', async () => {
    platform.deeds = ['swallows'];
    const id = await accept(store);
    const sent = await untilEnd(id, (state) => state === 'accepted');
    expect(await store.now()).toBeGreaterThanOrEqual(sent.ledger.sentUntil ?? Infinity);
    const { ledger } = await untilEnd(id);
    expect([ledger.state, ledger.tries]).toEqual(['confirmed', 2]);
    expect(platform.effects).toEqual([id]);
  });

  it('is not sent again because it does not show yet: absence is seen twice, so far apart as it may show late', async () => {
    platform.deeds = ['acts and hangs'];
    platform.hiddenLooks = 1;
    const id = await accept(store);
    void processOf(store, platform).advance(id);
    while (platform.effects.length === 0) await sleep(5);
    const { sentUntil } = (await recordOf(store, id)).ledger;
    await sleep((sentUntil ?? 0) - (await store.now()) + 1);
    const ledger = processOf(store, platform);
    expect(await ledger.advance(id)).toBe(platform.showsWithinMs);
    expect((await recordOf(store, id)).ledger.state).toBe('sent');
    await sleep(platform.showsWithinMs);
    expect(await ledger.advance(id)).toBeNull();
    const { ledger: entry, doc } = await recordOf(store, id);
    expect([entry.state, doc.receipt]).toEqual(['confirmed', `native ${id}`]);
    expect([platform.sends, platform.effects]).toEqual([1, [id]]);
  });

  it.each([
    ['as three of its requests', undefined, 1_200],
    ['as its platform needs for that', 60_000, 60_000],
  ])('is looked for as long %s', async (_name, lookMs, mostMs) => {
    if (lookMs !== undefined) platform.lookMs = lookMs;
    platform.deeds = ['loses'];
    expect((await untilEnd(await accept(store))).ledger.state).toBe('confirmed');
    expect(platform.looksFor).toBeGreaterThan(mostMs / 2);
    expect(platform.looksFor).toBeLessThanOrEqual(mostMs);
  });

  it('counts as absent only after that time, however often somebody looks meanwhile', async () => {
    platform.deeds = ['swallows'];
    platform.showsWithinMs = 2_000;
    const id = await accept(store, { deadlineMs: 60_000 });
    const ledger = processOf(store, platform);
    await ledger.advance(id);
    const { sentUntil } = (await recordOf(store, id)).ledger;
    await sleep((sentUntil ?? 0) - (await store.now()) + 1);
    const first = await ledger.advance(id);
    const second = await ledger.advance(id);
    expect(first).toBe(platform.showsWithinMs);
    expect(second).toBeGreaterThan(0);
    expect(second).toBeLessThanOrEqual(platform.showsWithinMs);
    await sleep(second ?? 0);
    expect(await ledger.advance(id)).toBe(0);
    expect((await recordOf(store, id)).ledger).toMatchObject({ state: 'accepted' });
    expect(await ledger.advance(id)).toBeNull();
    expect((await recordOf(store, id)).ledger).toMatchObject({ tries: 2, absentSince: null });
  });

  it('is waited for as long as its files may take while they may still leave, and not after that', async () => {
    platform.uploadTime = 300_000;
    platform.deeds = ['hangs'];
    const id = await accept(store);
    void processOf(store, platform).advance(id);
    while (platform.sends === 0) await sleep(5);
    const { sendBy, sentUntil } = (await recordOf(store, id)).ledger;
    expect((sentUntil ?? 0) - (sendBy ?? 0)).toBe(platform.timeoutMs + platform.uploadTime);
    platform.deeds = ['swallows'];
    const broken = await accept(store, { deadlineMs: 60_000 });
    await processOf(store, platform).advance(broken);
    const over = (await recordOf(store, broken)).ledger.sentUntil ?? 0;
    expect(over).toBeLessThanOrEqual((await store.now()) + platform.timeoutMs);
    const { ledger } = await untilEnd(broken);
    expect([ledger.state, ledger.tries, platform.effects]).toEqual(['confirmed', 2, [broken]]);
  });

  it('is not sent again where that is not allowed', async () => {
    platform.deeds = ['swallows'];
    platform.repeatable = false;
    const { ledger, doc } = await untilEnd(await accept(store));
    expect([ledger.state, platform.sends, platform.effects]).toEqual(['not_sent', 1, []]);
    expect(doc.detail).toContain('never arrived');
  });

  it('is not sent again after its deadline', async () => {
    platform.deeds = ['swallows'];
    const { ledger } = await untilEnd(await accept(store, { deadlineMs: 500 }));
    expect([ledger.state, platform.sends]).toEqual(['not_sent', 1]);
  });

  it('and that cannot be proved is unknown after the settle time, with why, and is found later', async () => {
    platform.deeds = ['loses'];
    platform.shows = neverShown;
    const id = await accept(store);
    const doubted = await untilEnd(id, (state) => state === 'unknown');
    const { sentUntil } = doubted.ledger;
    expect(await store.now()).toBeGreaterThanOrEqual((sentUntil ?? 0) + shortTiming.settle);
    expect([doubted.doc.verdict, doubted.doc.detail]).toEqual(['unknown', 'The list is shut.']);
    expect(await store.evidence(id)).toEqual({ mark: id });
    const ledger = processOf(store, platform);
    expect(await ledger.advance(id)).toBe(shortTiming.doubtEvery);
    expect((await recordOf(store, id)).revision).toBe(doubted.revision);
    platform.shows = null;
    expect(await ledger.advance(id)).toBeNull();
    const found = await recordOf(store, id);
    expect([found.ledger.state, found.doc.receipt]).toEqual(['confirmed', `native ${id}`]);
    expect(platform.sends).toBe(1);
  });

  it('is not sent again once callers were told that nobody knows', async () => {
    platform.deeds = ['swallows'];
    platform.shows = neverShown;
    const id = await accept(store, { deadlineMs: 60_000 });
    await untilEnd(id, (state) => state === 'unknown');
    platform.shows = null;
    const { ledger } = await untilEnd(id);
    expect([ledger.state, platform.sends]).toEqual(['not_sent', 1]);
  });

  it('stays unknown when a day of looking has found nothing, even when nobody looked meanwhile', async () => {
    platform.deeds = ['loses'];
    platform.shows = lost();
    const id = await accept(store);
    const ledger = processOf(store, platform);
    await ledger.advance(id);
    store.aheadMs = 2 * shortTiming.doubt;
    expect(await ledger.advance(id)).toBe(shortTiming.doubtEvery);
    expect((await recordOf(store, id)).doc.verdict).toBe('unknown');
    expect(await ledger.advance(id)).toBeNull();
    const { ledger: entry, doc } = await recordOf(store, id);
    expect([entry.state, doc.verdict, doc.detail]).toEqual([
      'unknown',
      'unknown',
      'The connection broke.',
    ]);
    expect(await store.evidence(id)).toBeNull();
  });
});

describe('a write whose answer does not name what it made', () => {
  const nameless = (): Ledger<Shown, string> =>
    new Ledger({ ...kindOf(store, platform), names: () => false }, silent, shortTiming);

  it('is looked for, and confirmed once it shows', async () => {
    const id = await accept(store);
    expect(await nameless().advance(id)).toBe(shortTiming.firstRetry);
    expect((await recordOf(store, id)).ledger.state).toBe('sent');
    expect(await nameless().advance(id)).toBeNull();
    const { ledger, doc } = await recordOf(store, id);
    expect([ledger.state, doc.receipt, platform.sends]).toEqual(['confirmed', `native ${id}`, 1]);
  });

  it('is in doubt where it does not show: it was taken, so that its absence proves nothing', async () => {
    platform.shows = { state: 'absent' };
    const id = await accept(store);
    let again: number | null = 0;
    while (again !== null && again !== shortTiming.doubtEvery) {
      await sleep(again);
      again = await nameless().advance(id);
    }
    const { ledger, doc } = await recordOf(store, id);
    expect([ledger.state, doc.verdict, platform.sends]).toEqual(['unknown', 'unknown', 1]);
    expect(doc.detail).toContain('shows nothing of it');
    expect(await nameless().advance(id)).toBe(shortTiming.doubtEvery);
  });

  it('is not in doubt before the time is over that the platform was asked to wait', async () => {
    platform.waitTime = 3_600_000;
    platform.shows = neverShown;
    const id = await accept(store);
    await nameless().advance(id);
    store.aheadMs = platform.waitTime;
    for (let looks = 0; looks < 10; looks += 1) {
      const again = await nameless().advance(id);
      expect(again).toBeLessThanOrEqual(shortTiming.doubtEvery);
    }
    expect((await recordOf(store, id)).ledger.state).toBe('sent');
    store.aheadMs += shortTiming.settle;
    expect(await nameless().advance(id)).toBe(shortTiming.doubtEvery);
    expect((await recordOf(store, id)).ledger.state).toBe('unknown');
  });

  it('is looked for seldom as long as it was asked to wait', async () => {
    platform.waitTime = 3_600_000;
    platform.shows = neverShown;
    const id = await accept(store);
    let again: number | null = 0;
    for (let looks = 0; looks < 8; looks += 1) again = await nameless().advance(id);
    expect(again).toBe(shortTiming.doubtEvery);
  });

  it('is in doubt as one that was taken, whatever its platform shows', async () => {
    platform.shows = neverShown;
    const id = await accept(store);
    await nameless().advance(id);
    store.aheadMs = shortTiming.settle;
    await nameless().advance(id);
    const { doc } = await recordOf(store, id);
    expect(doc.detail).toMatch(/^The platform took it .* The list is shut\.$/);
  });
});
