import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { UpstreamContractError, UpstreamUnavailableError } from '../../src/domain/errors.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { givenUp, type SetStore, type Shown, shortTiming } from '../support/ledger.ts';
import { LedgerStage } from '../support/ledger-stage.ts';

const stage = new LedgerStage('late');

const from = (
  status: number,
  message: string | null = 'It took too long.',
): UpstreamUnavailableError =>
  new UpstreamUnavailableError('A proxy gave up.', {
    sent: 'maybe',
    upstream: { status, code: null, message, requestId: null },
  });

let ledger: Ledger<Shown, string>;
let id: string;

beforeEach(async () => {
  ledger = stage.process();
  id = await stage.accept();
});

/** From now on the platform answers so many ms after the request has left, as far as its sender can tell. */
function answersAfter(ms: number): void {
  const { send, now } = {
    send: stage.platform.send.bind(stage.platform),
    now: performance.now.bind(performance),
  };
  stage.platform.send = async (...args) => {
    try {
      return await send(...args);
    } finally {
      jest.spyOn(performance, 'now').mockImplementation(() => now() + ms);
    }
  };
}

afterEach(() => {
  jest.restoreAllMocks();
});

/** Takes the record up until nobody knows what became of it. */
async function untilDoubted(): Promise<void> {
  await stage.until(id, 'unknown', ledger);
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
    stage.platform.deeds = [error];
    await untilDoubted();
    const { ledger: entry, doc } = await stage.record(id);
    expect([entry.state, doc.verdict, stage.platform.sends]).toEqual(['unknown', 'unknown', 1]);
    expect(doc.detail).toContain('may still bring it');
  });

  it('is confirmed when it comes late, done once', async () => {
    stage.platform.deeds = [error];
    await untilDoubted();
    stage.platform.effects.push(id);
    expect(await ledger.advance(id)).toBeNull();
    const { ledger: entry, doc } = await stage.record(id);
    expect([entry.state, doc.receipt]).toEqual(['confirmed', `native ${id}`]);
    expect([stage.platform.sends, stage.platform.effects]).toEqual([1, [id]]);
  });

  it('is looked for often, for as long as it may come', async () => {
    stage.platform.deeds = [error];
    await untilDoubted();
    expect(await ledger.advance(id)).toBe(shortTiming.lateEvery);
    stage.store.aheadMs = shortTiming.late - 3_000;
    expect(await ledger.advance(id)).toBe(shortTiming.lateEvery);
    expect(await stage.state(id)).toBe('unknown');
  });

  it('never was sent once nobody can hold it any more', async () => {
    stage.platform.deeds = [error];
    await untilDoubted();
    stage.store.aheadMs = shortTiming.late;
    expect(await ledger.advance(id)).toBeNull();
    const { ledger: entry, doc } = await stage.record(id);
    expect([entry.state, doc.verdict, stage.platform.sends]).toEqual(['not_sent', 'not_sent', 1]);
  });
});

it('a write that somebody in front gave up with 503 after a while is in doubt, too', async () => {
  stage.platform.deeds = [from(503, null)];
  answersAfter(30_000);
  await untilDoubted();
  expect(await stage.state(id)).toBe('unknown');
  expect(stage.platform.sends).toBe(1);
});

it.each([
  ['500', 500, null, 30_000],
  ['503 at once', 503, null, 0],
  ['503 and its own words', 503, 'It is full.', 30_000],
])(
  'a write that the platform answered with %s is sent again',
  async (_, status, words, afterMs) => {
    stage.platform.deeds = [from(status, words)];
    answersAfter(afterMs);
    await untilDoubted();
    expect((await stage.record(id)).ledger).toMatchObject({ state: 'confirmed', tries: 2 });
  },
);

it('a write that the platform was asked to wait with is in doubt for so long after that', async () => {
  stage.platform.waitTime = shortTiming.late;
  stage.platform.deeds = [givenUp()];
  stage.platform.shows = { state: 'undecided', why: 'It is not over.', candidates: [] };
  await ledger.advance(id);
  stage.store.aheadMs = shortTiming.late + 1_000;
  stage.platform.shows = null;
  await untilDoubted();
  expect(await stage.state(id)).toBe('unknown');
  stage.store.aheadMs = 2 * shortTiming.late + 1_000;
  await ledger.advance(id);
  expect(await stage.state(id)).toBe('not_sent');
});

it('a write whose next try is lost is not taken for one that somebody holds', async () => {
  stage.platform.deeds = ['swallows', 'answers'];
  await stage.until(id, null, ledger);
  expect((await stage.record(id)).ledger).toMatchObject({ state: 'confirmed', tries: 2 });
  expect(stage.platform.effects).toEqual([id]);
});

describe('what only the sender of a write knows', () => {
  let own: SetStore;
  let isAway: boolean;

  beforeEach(() => {
    own = stage.otherStore();
    isAway = false;
    const { now, change } = { now: own.now.bind(own), change: own.change.bind(own) };
    own.now = () => (isAway ? Promise.reject(new Error('Redis is away.')) : now());
    own.change = (...args) =>
      isAway ? Promise.reject(new Error('Redis is away.')) : change(...args);
  });

  /** Sends it, and is cut off from Redis before the answer comes. */
  async function sendAndLose(sender: Ledger<Shown, string>): Promise<{ over: Promise<unknown> }> {
    stage.platform.pause = new Promise((resolve) => setTimeout(resolve, 50));
    const over = sender.advance(id).catch((error: unknown) => error);
    while (stage.platform.sends === 0) await sleep(1);
    isAway = true;
    await sleep(100);
    return { over };
  }

  const judgedAbsent = async (): Promise<void> => {
    await stage.until(id, 'accepted', ledger);
  };

  it('stands though others have looked for it before that could be written down', async () => {
    stage.platform.deeds = [givenUp()];
    const { over } = await sendAndLose(stage.process({ store: own }));
    await judgedAbsent();
    isAway = false;
    await over;
    expect((await stage.record(id)).ledger).toMatchObject({ state: 'sent', mayBeLate: true });
    await untilDoubted();
    expect(await stage.state(id)).toBe('unknown');
    expect(stage.platform.sends).toBe(1);
  });

  it('is not said of another try', async () => {
    stage.platform.deeds = [givenUp()];
    const { over } = await sendAndLose(stage.process({ store: own }));
    await judgedAbsent();
    await ledger.advance(id);
    isAway = false;
    await over;
    expect((await stage.record(id)).ledger).toMatchObject({ state: 'confirmed', tries: 2 });
  });

  it('is written down as soon as Redis is back, however long that takes', async () => {
    stage.platform.deeds = [givenUp()];
    const { over } = await sendAndLose(stage.process({ store: own }));
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + 50_000);
    await sleep(600);
    isAway = false;
    await over;
    expect((await stage.record(id)).ledger).toMatchObject({ state: 'sent', mayBeLate: true });
  });

  it('is that the platform has taken it', async () => {
    const sender = stage.process({ store: own, kind: { names: () => false } });
    const { over } = await sendAndLose(sender);
    stage.platform.shows = { state: 'absent' };
    await judgedAbsent();
    isAway = false;
    await over;
    await untilDoubted();
    const { ledger: entry, doc } = await stage.record(id);
    expect([entry.state, entry.isTaken, stage.platform.sends]).toEqual(['unknown', true, 1]);
    expect(doc.detail).toContain('took it');
  });
});
