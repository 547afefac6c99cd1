import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../src/domain/errors.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import {
  accept,
  kindOf,
  processOf,
  recordOf,
  type SetStore,
  shortTiming,
  type Shown,
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

afterEach(() => {
  jest.restoreAllMocks();
});

/** As if this process had stood still for longer than another one waits for it. */
function standStill(): void {
  const now = performance.now.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => now() + 25_000);
}

const state = async (id: string) => (await recordOf(store, id)).ledger.state;

describe('processes that take up the same write', () => {
  it('at the same time send it once', async () => {
    for (let round = 0; round < 25; round += 1) {
      const id = await accept(store);
      await Promise.all(Array.from({ length: 8 }, () => processOf(store, platform).advance(id)));
      expect([await state(id), platform.effects.filter((each) => each === id)]).toEqual([
        'confirmed',
        [id],
      ]);
    }
    expect(platform.sends).toBe(25);
  });

  it('send nothing after their time: one that stood still finds its write sent by another', async () => {
    const id = await accept(store);
    let goOn = (): void => undefined;
    platform.pause = new Promise((resolve) => (goOn = resolve));
    const paused = processOf(store, platform).advance(id);
    await until(() => platform.sends === 1);
    platform.pause = null;
    const other = processOf(store, platform);
    const { sentUntil } = (await recordOf(store, id)).ledger;
    await sleep((sentUntil ?? 0) - (await store.now()) + 1);
    await sleep((await other.advance(id)) ?? 0);
    expect(await other.advance(id)).toBe(0);
    expect(await other.advance(id)).toBeNull();
    goOn();
    await paused;
    expect([await state(id), platform.sends, platform.effects]).toEqual(['confirmed', 2, [id]]);
  });

  it('do not disturb each other: one that stood still cannot give back what another is sending', async () => {
    const id = await accept(store);
    let goOn = (): void => undefined;
    platform.pause = new Promise((resolve) => (goOn = resolve));
    const paused = processOf(store, platform).advance(id);
    await until(() => platform.sends === 1);
    platform.pause = null;
    const { sentUntil } = (await recordOf(store, id)).ledger;
    await sleep((sentUntil ?? 0) - (await store.now()) + 1);
    const other = processOf(store, platform);
    await sleep((await other.advance(id)) ?? 0);
    expect(await other.advance(id)).toBe(0);
    platform.deeds = ['acts and hangs'];
    void other.advance(id);
    await until(() => platform.effects.length === 1);
    const before = await recordOf(store, id);
    goOn();
    await paused;
    expect((await recordOf(store, id)).ledger).toEqual(before.ledger);
    expect(before.ledger.state).toBe('sending');
  });

  it('send nothing after they stood still while they claimed, however long they may send', async () => {
    platform.spanTime = 60_000;
    const id = await accept(store);
    const own = storeOf(redis.client, `${redis.prefix}${test}`);
    const change = own.change.bind(own);
    own.change = async (each, step, options) => {
      const record = await change(each, step, options);
      if (options?.durable !== true) return record;
      standStill();
      await processOf(store, platform).advance(id, { alone: true });
      return record;
    };
    await processOf(own, platform).advance(id);
    const { ledger } = await recordOf(store, id);
    expect([ledger.state, ledger.tries, platform.effects]).toEqual(['accepted', 1, []]);
    jest.restoreAllMocks();
    expect(await processOf(store, platform).advance(id)).toBeNull();
    expect(platform.effects).toEqual([id]);
  });

  it('send nothing after they stood still before they claimed, however long they may send', async () => {
    platform.spanTime = 60_000;
    const id = await accept(store);
    const own = storeOf(redis.client, `${redis.prefix}${test}`);
    const evidence = own.evidence.bind(own);
    own.evidence = async (each) => {
      standStill();
      return evidence(each);
    };
    await processOf(own, platform).advance(id);
    expect([await state(id), platform.effects]).toEqual(['accepted', []]);
  });

  it('take the write of a killed one up when nothing of it can be under way any more, not before', async () => {
    platform.deeds = ['hangs'];
    const id = await accept(store);
    void processOf(store, platform).advance(id);
    await until(() => platform.sends === 1);
    const { sendBy, sentUntil } = (await recordOf(store, id)).ledger;
    expect(sentUntil).toBe((sendBy ?? 0) + platform.timeoutMs);
    const other = processOf(store, platform);
    const wait = await other.advance(id);
    expect([platform.looks, platform.sends]).toEqual([0, 1]);
    expect(wait).toBeGreaterThan(0);
    await sleep(wait ?? 0);
    await sleep((await other.advance(id)) ?? 0);
    expect(await other.advance(id)).toBe(0);
    expect(platform.looks).toBe(2);
    expect(await store.now()).toBeGreaterThanOrEqual(sentUntil ?? Infinity);
    expect(await other.advance(id)).toBeNull();
    expect(platform.effects).toEqual([id]);
  });

  it('find what a killed one has done', async () => {
    platform.deeds = ['acts and hangs'];
    const id = await accept(store);
    void processOf(store, platform).advance(id);
    await until(() => platform.sends === 1);
    const other = processOf(store, platform);
    await sleep((await other.advance(id)) ?? 0);
    expect(await other.advance(id)).toBeNull();
    expect([await state(id), platform.sends, platform.effects]).toEqual(['confirmed', 1, [id]]);
  });
});

describe('what was learnt of a write', () => {
  /** A store that fails for a while, once something was sent. */
  function lame(failures: number, error: Error): SetStore {
    const own = storeOf(redis.client, `${redis.prefix}${test}`);
    const change = own.change.bind(own);
    let left = failures;
    own.change = async (...args) => {
      if (platform.sends > 0 && left > 0) {
        left -= 1;
        throw error;
      }
      return change(...args);
    };
    return own;
  }

  it.each([
    ['its receipt', 'answers', 'confirmed'],
    ['its refusal', 'refuses', 'rejected'],
  ] as const)('is not lost with Redis for a moment: %s', async (_what, deed, end) => {
    platform.repeatable = false;
    platform.shows = { state: 'undecided', why: 'It shows nothing.', candidates: [] };
    platform.deeds = [deed];
    const id = await accept(store);
    await processOf(lame(3, new Error('Command timed out')), platform).advance(id);
    expect([await state(id), platform.sends, platform.looks]).toEqual([end, 1, 0]);
  });

  it('is not taken back by somebody who looked while the answer was under way', async () => {
    platform.shows = { state: 'undecided', why: 'It shows nothing.', candidates: [] };
    const id = await accept(store);
    let answer = (): void => undefined;
    const slow = new ToldPlatform();
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const send = slow.send.bind(slow);
    slow.send = async (...args) => {
      const receipt = await send(...args);
      await answered;
      return receipt;
    };
    const sending = processOf(store, slow).advance(id);
    await until(() => slow.effects.length === 1);
    store.aheadMs = 10_000;
    await processOf(store, platform).advance(id);
    expect(await state(id)).toBe('unknown');
    answer();
    await sending;
    const { ledger, doc } = await recordOf(store, id);
    expect([ledger.state, doc.receipt]).toEqual(['confirmed', `native ${id}`]);
  });
});

describe('what cannot be written down', () => {
  it('is not sent: the write goes back to those that wait', async () => {
    const id = await accept(store);
    const deaf = storeOf(redis.client, `${redis.prefix}${test}`);
    const change = deaf.change.bind(deaf);
    deaf.change = async (each, step, options) => {
      const record = await change(each, step, options);
      if (options?.durable === true) throw new NobodyHasIt('No replica has confirmed in time.');
      return record;
    };
    const ledger = new Ledger<Shown, string>(kindOf(deaf, platform), silent, shortTiming);
    expect(await ledger.advance(id)).toBeGreaterThan(0);
    const { ledger: entry } = await recordOf(store, id);
    expect([entry.state, entry.lastFailure, platform.sends]).toEqual([
      'accepted',
      'No replica has confirmed in time.',
      0,
    ]);
    expect(await processOf(store, platform).advance(id)).toBeNull();
    expect(platform.effects).toEqual([id]);
  });
});

class NobodyHasIt extends GatewayError {
  readonly code = 'store_unavailable';
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}
