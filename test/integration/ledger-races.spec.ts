import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError } from '../../src/domain/errors.ts';
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

const redis = freshRedis('races');
afterAll(() => redis.close());

let store: SetStore;
let platform: ToldPlatform;
let test = 0;

beforeEach(() => {
  store = storeOf(redis.client, `${redis.prefix}${(test += 1)}`);
  platform = new ToldPlatform();
});

const state = async (id: string) => (await recordOf(store, id)).ledger.state;

describe('processes that have the same write do not take for its end', () => {
  it('what one of them finds while another is sending it', async () => {
    const id = await accept(store);
    let goOn = (): void => undefined;
    platform.pause = new Promise((resolve) => (goOn = resolve));
    let sending: Promise<number | null> = Promise.resolve(0);
    const ready = async () => {
      sending = processOf(store, platform).advance(id);
      await until(() => platform.sends === 1);
      return { evidence: {}, shown: (doc: Shown) => doc, refusal: new ConflictError('It stands.') };
    };
    const late = new Ledger({ ...kindOf(store, platform), ready }, silent, shortTiming);
    expect(await late.advance(id)).toBeGreaterThan(0);
    expect(await state(id)).toBe('sending');
    goOn();
    expect([await sending, await late.advance(id)]).toEqual([null, null]);
    expect([await state(id), platform.effects]).toEqual(['confirmed', [id]]);
  });

  it('an answer to a try that another has begun anew', async () => {
    const id = await accept(store);
    const answers = platform.send.bind(platform);
    let goOn = (): void => undefined;
    const answered = new Promise<void>((resolve) => (goOn = resolve));
    platform.send = async (...sent) => {
      await answered;
      return answers(...sent);
    };
    const first = new ToldPlatform();
    first.send = async () => {
      await store.change(id, ({ ledger }) =>
        ledger === null ? null : { ledger: { ...ledger, state: 'accepted', token: null } },
      );
      sending = processOf(store, platform).advance(id);
      while ((await state(id)) !== 'sending') await sleep(5);
      return 'native of the first';
    };
    let sending: Promise<number | null> = Promise.resolve(0);
    expect(await processOf(store, first).advance(id)).toBeGreaterThan(0);
    goOn();
    expect(await sending).toBeNull();
    expect([await state(id), platform.effects]).toEqual(['confirmed', [id]]);
  });

  it('files that one of them could not fetch, and another has', async () => {
    const id = await accept(store);
    await store.change(id, ({ ledger }) =>
      ledger === null ? null : { ledger: { ...ledger, fetches: 0 } },
    );
    const fetched = {
      evidence: { mark: id },
      files: ['file'],
      shown: (doc: Shown) => doc,
      letGo: () => Promise.resolve(),
    };
    const own = { ...kindOf(store, platform), fetch: () => Promise.resolve(fetched) };
    const first = new Ledger<Shown, string>(own, silent, shortTiming);
    const fetch = async () => {
      expect(await first.advance(id)).toBe(0);
      return { refusal: new ConflictError('It is gone.') };
    };
    const late = new Ledger<Shown, string>({ ...own, fetch }, silent, shortTiming);
    expect(await late.advance(id)).toBeGreaterThan(0);
    expect((await recordOf(store, id)).ledger).toMatchObject({
      state: 'accepted',
      files: ['file'],
    });
    expect([await first.advance(id), await state(id)]).toEqual([null, 'confirmed']);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}
