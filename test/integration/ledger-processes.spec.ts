import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../src/domain/errors.ts';
import { type SetStore, ToldPlatform } from '../support/ledger.ts';
import { LedgerStage } from '../support/ledger-stage.ts';

const stage = new LedgerStage('processes');

afterEach(() => {
  jest.restoreAllMocks();
});

/** As if this process had stood still for longer than another one waits for it. */
function standStill(): void {
  const now = performance.now.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => now() + 25_000);
}

describe('processes that take up the same write', () => {
  it('at the same time send it once', async () => {
    for (let round = 0; round < 25; round += 1) {
      const id = await stage.accept();
      await Promise.all(Array.from({ length: 8 }, () => stage.process().advance(id)));
      expect([await stage.state(id), stage.platform.effects.filter((each) => each === id)]).toEqual(
        ['confirmed', [id]],
      );
    }
    expect(stage.platform.sends).toBe(25);
  });

  it('send nothing after their time: one that stood still finds its write sent by another', async () => {
    const id = await stage.accept();
    let goOn = (): void => undefined;
    stage.platform.pause = new Promise((resolve) => (goOn = resolve));
    const paused = stage.process().advance(id);
    await until(() => stage.platform.sends === 1);
    stage.platform.pause = null;
    const other = stage.process();
    const { sentUntil } = (await stage.record(id)).ledger;
    await sleep((sentUntil ?? 0) - (await stage.store.now()) + 1);
    await sleep((await other.advance(id)) ?? 0);
    expect(await other.advance(id)).toBe(0);
    expect(await other.advance(id)).toBeNull();
    goOn();
    await paused;
    expect([await stage.state(id), stage.platform.sends, stage.platform.effects]).toEqual([
      'confirmed',
      2,
      [id],
    ]);
  });

  it('do not disturb each other: one that stood still cannot give back what another is sending', async () => {
    const id = await stage.accept();
    let goOn = (): void => undefined;
    stage.platform.pause = new Promise((resolve) => (goOn = resolve));
    const paused = stage.process().advance(id);
    await until(() => stage.platform.sends === 1);
    stage.platform.pause = null;
    const { sentUntil } = (await stage.record(id)).ledger;
    await sleep((sentUntil ?? 0) - (await stage.store.now()) + 1);
    const other = stage.process();
    await sleep((await other.advance(id)) ?? 0);
    expect(await other.advance(id)).toBe(0);
    stage.platform.deeds = ['acts and hangs'];
    void other.advance(id);
    await until(() => stage.platform.effects.length === 1);
    const before = await stage.record(id);
    goOn();
    await paused;
    expect((await stage.record(id)).ledger).toEqual(before.ledger);
    expect(before.ledger.state).toBe('sending');
  });

  it('send nothing after they stood still while they claimed, however long they may send', async () => {
    stage.platform.spanTime = 60_000;
    const id = await stage.accept();
    const own = stage.otherStore();
    const change = own.change.bind(own);
    own.change = async (each, step, options) => {
      const record = await change(each, step, options);
      if (options?.durable !== true) return record;
      standStill();
      await stage.process().advance(id, { alone: true });
      return record;
    };
    await stage.process({ store: own }).advance(id);
    const { ledger } = await stage.record(id);
    expect([ledger.state, ledger.tries, stage.platform.effects]).toEqual(['accepted', 1, []]);
    jest.restoreAllMocks();
    expect(await stage.process().advance(id)).toBeNull();
    expect(stage.platform.effects).toEqual([id]);
  });

  it('send nothing after they stood still before they claimed, however long they may send', async () => {
    stage.platform.spanTime = 60_000;
    const id = await stage.accept();
    const own = stage.otherStore();
    const evidence = own.evidence.bind(own);
    own.evidence = async (each) => {
      standStill();
      return evidence(each);
    };
    await stage.process({ store: own }).advance(id);
    expect([await stage.state(id), stage.platform.effects]).toEqual(['accepted', []]);
  });

  it('take the write of a killed one up when nothing of it can be under way any more, not before', async () => {
    stage.platform.deeds = ['hangs'];
    const id = await stage.accept();
    void stage.process().advance(id);
    await until(() => stage.platform.sends === 1);
    const { sendBy, sentUntil } = (await stage.record(id)).ledger;
    expect(sentUntil).toBe((sendBy ?? 0) + stage.platform.timeoutMs);
    const other = stage.process();
    const wait = await other.advance(id);
    expect([stage.platform.looks, stage.platform.sends]).toEqual([0, 1]);
    expect(wait).toBeGreaterThan(0);
    await sleep(wait ?? 0);
    await sleep((await other.advance(id)) ?? 0);
    expect(await other.advance(id)).toBe(0);
    expect(stage.platform.looks).toBe(2);
    expect(await stage.store.now()).toBeGreaterThanOrEqual(sentUntil ?? Infinity);
    expect(await other.advance(id)).toBeNull();
    expect(stage.platform.effects).toEqual([id]);
  });

  it('find what a killed one has done', async () => {
    stage.platform.deeds = ['acts and hangs'];
    const id = await stage.accept();
    void stage.process().advance(id);
    await until(() => stage.platform.sends === 1);
    const other = stage.process();
    await sleep((await other.advance(id)) ?? 0);
    expect(await other.advance(id)).toBeNull();
    expect([await stage.state(id), stage.platform.sends, stage.platform.effects]).toEqual([
      'confirmed',
      1,
      [id],
    ]);
  });
});

describe('what was learnt of a write', () => {
  /** A store that fails for a while, once something was sent. */
  function lame(failures: number, error: Error): SetStore {
    const own = stage.otherStore();
    const change = own.change.bind(own);
    let left = failures;
    own.change = async (...args) => {
      if (stage.platform.sends > 0 && left > 0) {
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
    stage.platform.repeatable = false;
    stage.platform.shows = { state: 'undecided', why: 'It shows nothing.', candidates: [] };
    stage.platform.deeds = [deed];
    const id = await stage.accept();
    await stage.process({ store: lame(3, new Error('Command timed out')) }).advance(id);
    expect([await stage.state(id), stage.platform.sends, stage.platform.looks]).toEqual([
      end,
      1,
      0,
    ]);
  });

  it('is not taken back by somebody who looked while the answer was under way', async () => {
    stage.platform.shows = { state: 'undecided', why: 'It shows nothing.', candidates: [] };
    const id = await stage.accept();
    let answer = (): void => undefined;
    const slow = new ToldPlatform();
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const send = slow.send.bind(slow);
    slow.send = async (...args) => {
      const receipt = await send(...args);
      await answered;
      return receipt;
    };
    const sending = stage.process({ platform: slow }).advance(id);
    await until(() => slow.effects.length === 1);
    stage.store.aheadMs = 10_000;
    await stage.process().advance(id);
    expect(await stage.state(id)).toBe('unknown');
    answer();
    await sending;
    const { ledger, doc } = await stage.record(id);
    expect([ledger.state, doc.receipt]).toEqual(['confirmed', `native ${id}`]);
  });
});

describe('what cannot be written down', () => {
  it('is not sent: the write goes back to those that wait', async () => {
    const id = await stage.accept();
    const deaf = stage.otherStore();
    const change = deaf.change.bind(deaf);
    deaf.change = async (each, step, options) => {
      const record = await change(each, step, options);
      if (options?.durable === true) throw new NobodyHasIt('No replica has confirmed in time.');
      return record;
    };
    const ledger = stage.process({ store: deaf });
    expect(await ledger.advance(id)).toBeGreaterThan(0);
    const { ledger: entry } = await stage.record(id);
    expect([entry.state, entry.lastFailure, stage.platform.sends]).toEqual([
      'accepted',
      'No replica has confirmed in time.',
      0,
    ]);
    expect(await stage.process().advance(id)).toBeNull();
    expect(stage.platform.effects).toEqual([id]);
  });
});

class NobodyHasIt extends GatewayError {
  readonly code = 'store_unavailable';
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}
