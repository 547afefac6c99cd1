import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GatewayError, UpstreamUnavailableError } from '../../src/domain/errors.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerKind } from '../../src/ledger/ledger-kind.ts';
import {
  accept,
  type Deed,
  givenUp,
  hopeless,
  kindOf,
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

const redis = freshRedis('parts');
afterAll(() => redis.close());

let store: SetStore;
let platform: ToldPlatform;
let test = 0;

beforeEach(() => {
  store = storeOf(redis.client, `${redis.prefix}${(test += 1)}`);
  platform = new ToldPlatform();
});

/** Takes a record up as often as it wants to be, until it stands so or nothing is left to do. */
async function until(id: string, state?: string, ledger = processOf(store, platform)) {
  for (let again: number | null = 0; again !== null;) {
    await sleep(again);
    again = await ledger.advance(id);
    if ((await recordOf(store, id)).ledger.state === state) break;
  }
  return recordOf(store, id);
}

const unsent = (): GatewayError =>
  new UpstreamUnavailableError('Nobody listens there.', { sent: 'no' });

/** A write of which a part took effect, and of which it is proved by now that the rest did not. */
async function begunWrite(): Promise<string> {
  platform.deeds = ['breaks off'];
  const id = await accept(store, { deadlineMs: 60_000 });
  await until(id, 'accepted');
  return id;
}

describe('a write that has happened in part', () => {
  it('is sent again, once, and is confirmed as a whole', async () => {
    platform.deeds = ['breaks off'];
    const id = await accept(store);
    const { ledger, doc } = await until(id);
    expect([ledger.state, ledger.tries, doc.receipt]).toEqual(['confirmed', 2, `native ${id}`]);
    expect([platform.sends, platform.effects]).toEqual([2, [id]]);
  });

  it('is not sent again before all of what was sent is over, and was looked at twice', async () => {
    platform.deeds = ['breaks off'];
    const id = await accept(store);
    const ledger = processOf(store, platform);
    await ledger.advance(id);
    const early = (await recordOf(store, id)).ledger;
    for (let look = 0; look < 3; look += 1) expect(await ledger.advance(id)).toBeGreaterThan(0);
    expect((await recordOf(store, id)).ledger).toMatchObject({ state: 'sent', absentSince: null });
    store.aheadMs = (early.sentUntil ?? 0) - (await store.now()) + 1;
    expect(await ledger.advance(id)).toBe(platform.showsWithinMs);
    expect((await recordOf(store, id)).ledger.state).toBe('sent');
    store.aheadMs += platform.showsWithinMs;
    expect(await ledger.advance(id)).toBe(0);
    expect((await recordOf(store, id)).ledger.state).toBe('accepted');
    expect(platform.sends).toBe(1);
  });

  it('is confirmed as a whole when the rest shows after all', async () => {
    platform.deeds = ['breaks off'];
    const id = await accept(store);
    await processOf(store, platform).advance(id);
    await processOf(store, platform).advance(id);
    platform.effects.push(id);
    const { ledger, doc } = await until(id);
    expect([ledger.state, doc.receipt, platform.sends]).toEqual(['confirmed', `native ${id}`, 1]);
  });

  it('is confirmed with that part where it may not be sent again', async () => {
    platform.repeatable = false;
    platform.deeds = ['breaks off'];
    const id = await accept(store);
    const { ledger, doc } = await until(id);
    expect([ledger.state, doc.receipt]).toEqual(['confirmed', `part of ${id}`]);
    expect([platform.sends, platform.effects]).toEqual([1, []]);
    expect(await store.evidence(id)).toBeNull();
  });

  it('is confirmed with that part when its deadline is over', async () => {
    platform.deeds = ['breaks off'];
    const id = await accept(store, { deadlineMs: 300 });
    const { ledger, doc } = await until(id);
    expect([ledger.state, doc.receipt, platform.sends]).toEqual(['confirmed', `part of ${id}`, 1]);
  });

  it('is gone on with after its deadline, which is for its beginning', async () => {
    platform.deeds = ['breaks off'];
    const id = await accept(store, { deadlineMs: 300 });
    const patient = processOf(store, platform, { ...shortTiming, begun: 60_000 });
    const { ledger, doc } = await until(id, undefined, patient);
    expect([ledger.state, doc.receipt]).toEqual(['confirmed', `native ${id}`]);
    expect([platform.sends, platform.effects]).toEqual([2, [id]]);
  });

  it('is in doubt while somebody may still bring the rest, and is confirmed with that part after', async () => {
    platform.deeds = [givenUp()];
    const id = await accept(store, { deadlineMs: 120_000 });
    platform.begun.add(id);
    const doubted = await until(id, 'unknown');
    expect([doubted.doc.verdict, platform.sends]).toEqual(['unknown', 1]);
    expect(doubted.doc.detail).toMatch(/shows a part of it.*may still bring it/);
    const ledger = processOf(store, platform);
    store.aheadMs = shortTiming.late - 5_000;
    expect(await ledger.advance(id)).toBeLessThanOrEqual(shortTiming.lateEvery);
    expect((await recordOf(store, id)).ledger.state).toBe('unknown');
    store.aheadMs = shortTiming.late;
    expect(await ledger.advance(id)).toBeNull();
    const { ledger: entry, doc } = await recordOf(store, id);
    expect([entry.state, doc.receipt, platform.sends]).toEqual(['confirmed', `part of ${id}`, 1]);
  });
});

describe('a write of which a part stands when it is to be sent again', () => {
  it('was not unsent, though nothing more of it could leave before its deadline', async () => {
    const id = await begunWrite();
    platform.deeds = Array.from({ length: 100 }, unsent);
    const ledger = processOf(store, platform);
    expect(await ledger.advance(id)).toBeGreaterThan(0);
    store.aheadMs = 60_000;
    const { ledger: entry, doc } = await until(id);
    expect([entry.state, doc.receipt, platform.effects]).toEqual([
      'confirmed',
      `part of ${id}`,
      [],
    ]);
  });

  it('was not unsent, though nobody took it up before its deadline', async () => {
    const id = await begunWrite();
    store.aheadMs = 60_000;
    const { ledger, doc } = await until(id);
    expect([ledger.state, doc.receipt, platform.sends]).toEqual(['confirmed', `part of ${id}`, 1]);
  });

  it.each<readonly [string, Deed]>([
    ['rejected, though the rest of it is', 'refuses'],
    ['unsent, though the rest of it never can be', hopeless()],
  ])('was not %s', async (_, deed) => {
    const id = await begunWrite();
    platform.deeds = [deed];
    const { ledger, doc } = await until(id);
    expect([ledger.state, doc.receipt, platform.sends]).toEqual(['confirmed', `part of ${id}`, 2]);
  });

  it('cannot be stopped any more', async () => {
    const id = await begunWrite();
    const stopped = { verdict: 'not_sent', detail: 'stopped', receipt: null } as const;
    const kind = { ...kindOf(store, platform), stopped: () => stopped };
    const { ledger, doc } = await until(id, 'x', new Ledger(kind, silent, shortTiming));
    expect([ledger.state, doc.receipt]).toEqual(['confirmed', `native ${id}`]);
  });

  it('is unsent once it is proved that nothing of it stands any more', async () => {
    const id = await begunWrite();
    platform.deeds = ['swallows'];
    await processOf(store, platform).advance(id);
    platform.begun.clear();
    platform.repeatable = false;
    const { ledger, doc } = await until(id);
    expect([ledger.state, doc.verdict]).toEqual(['not_sent', 'not_sent']);
  });
});

describe('a write of several requests', () => {
  it('is nobody else’s as long as any of them may leave, or arrive', async () => {
    platform.spanTime = 5_000;
    platform.deeds = ['hangs'];
    const id = await accept(store);
    void processOf(store, platform).advance(id);
    while (platform.sends === 0) await sleep(5);
    const { sentFrom, sendBy, sentUntil } = (await recordOf(store, id)).ledger;
    const windowMs = shortTiming.sendWindow + platform.spanTime;
    expect((sendBy ?? 0) - (sentFrom ?? 0)).toBe(windowMs);
    expect((sentUntil ?? 0) - (sendBy ?? 0)).toBe(platform.timeoutMs);
    const other = processOf(store, platform);
    store.aheadMs = windowMs;
    expect(await other.advance(id)).toBeGreaterThan(0);
    expect([platform.sends, platform.looks]).toEqual([1, 0]);
    store.aheadMs = windowMs + platform.timeoutMs + 1;
    await other.advance(id);
    expect([platform.sends, platform.looks]).toEqual([1, 1]);
  });

  it.each([
    [0, 0],
    [10_000, 1],
  ])(
    'with %i ms between them lets %i leave that long after it was taken up',
    async (span, left) => {
      platform.spanTime = span;
      platform.pause = sleep(shortTiming.sendWindow + 50);
      const id = await accept(store);
      await processOf(store, platform).advance(id);
      expect(platform.effects).toHaveLength(left);
    },
  );

  it('whose span cannot be read is one request', async () => {
    const unreadable = {
      ...kindOf(store, platform),
      write: () =>
        Object.assign(Object.create(platform) as ToldPlatform, {
          spanMs: () => {
            throw new Error('what was stored cannot be read');
          },
        }),
    };
    const id = await accept(store);
    await new Ledger(unreadable, silent, shortTiming).advance(id);
    const { sentFrom, sendBy } = (await recordOf(store, id)).ledger;
    expect((sendBy ?? 0) - (sentFrom ?? 0)).toBe(shortTiming.sendWindow);
  });
});

describe('what callers are told of a write on its way', () => {
  /** Every step that they see, in its order. */
  async function told(id: string): Promise<(string | null)[]> {
    return (await store.events(id, 1)).map(({ doc }) => doc.detail ?? doc.verdict);
  }

  function telling(): LedgerKind<Shown, string> {
    return {
      ...kindOf(store, platform),
      atStep: ({ doc }, step) => (doc.detail === step ? doc : { ...doc, detail: step }),
    };
  }

  it('is that it is sent, and then how it ended', async () => {
    const id = await accept(store);
    const { revision } = await until(id, 'x', new Ledger(telling(), silent, shortTiming));
    expect([await told(id), revision]).toEqual([['sending', 'confirmed'], 3]);
  });

  it('is that it waits again when it could not leave', async () => {
    platform.deeds = [unsent(), unsent()];
    const id = await accept(store);
    await until(id, 'x', new Ledger(telling(), silent, shortTiming));
    const again = ['sending', 'accepted'];
    expect(await told(id)).toEqual([...again, ...again, 'sending', 'confirmed']);
  });

  it('is that it is looked for, once, however often somebody looks', async () => {
    platform.deeds = ['loses'];
    platform.hiddenLooks = 3;
    const id = await accept(store);
    const { ledger, revision } = await until(id, 'x', new Ledger(telling(), silent, shortTiming));
    expect(ledger.looks).toBeGreaterThan(2);
    expect([await told(id), revision]).toEqual([['sending', 'sent', 'confirmed'], 4]);
  });

  it('is that it waits again once it is proved that nothing of it arrived', async () => {
    platform.deeds = ['swallows'];
    const id = await accept(store);
    await until(id, 'x', new Ledger(telling(), silent, shortTiming));
    expect(await told(id)).toEqual(['sending', 'sent', 'accepted', 'sending', 'confirmed']);
  });

  it('is not that it waits once a part of it stands', async () => {
    platform.deeds = ['breaks off', unsent()];
    const id = await accept(store);
    await until(id, 'x', new Ledger(telling(), silent, shortTiming));
    expect(await told(id)).toEqual(['sending', 'sent', 'sending', 'sent', 'sending', 'confirmed']);
  });
});
