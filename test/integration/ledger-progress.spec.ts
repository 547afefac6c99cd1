import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import type { Departure } from '../../src/domain/write.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerKind } from '../../src/ledger/ledger-kind.ts';
import { eventually } from '../support/eventually.ts';
import {
  accept,
  kindOf,
  lost,
  recordOf,
  SetStore,
  shortTiming,
  type Shown,
  silent,
  ToldPlatform,
} from '../support/ledger.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('progress');
afterAll(() => redis.close());

/** A connection whose scripts can be held up one by one, and may fail. */
class HeldRedis {
  /** What becomes of the next script before it goes on its way. */
  next: (() => Promise<void>) | null = null;
  /** The same connection. */
  readonly client: Redis = new Proxy(redis.client, {
    get: (target, name) => {
      if (name === 'eval') return this.#eval;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });

  /** Holds the next script; gives what lets it go, once it is there. */
  hold(): Promise<() => void> {
    return new Promise((arrived) => {
      this.next = () =>
        new Promise((goOn) => {
          arrived(goOn);
        });
    });
  }

  readonly #eval = async (...args: Parameters<Redis['eval']>): Promise<unknown> => {
    const { next } = this;
    this.next = null;
    await next?.();
    return redis.client.eval(...args);
  };
}

class WatchedStore extends SetStore {
  readonly #changes: Promise<unknown>[] = [];

  override change(...args: Parameters<SetStore['change']>): ReturnType<SetStore['change']> {
    const change = super.change(...args);
    this.#changes.push(change);
    return change;
  }

  /** Every change that was begun has come to its end. */
  async rests(): Promise<void> {
    await Promise.allSettled(this.#changes);
  }
}

let held: HeldRedis;
let store: WatchedStore;
let platform: ToldPlatform;
let lines: string[];
let test = 0;

beforeEach(() => {
  held = new HeldRedis();
  const prefix = `${redis.prefix}${(test += 1)}`;
  store = new WatchedStore(held.client, { prefix, kind: 'write', keepMs: () => null });
  platform = new ToldPlatform();
  lines = [];
});

function sender(): Ledger<Shown, string> {
  const log = pino({ level: 'debug' }, { write: (line) => void lines.push(line) });
  const kind = {
    ...kindOf(store, platform),
    atProgress: (doc: Shown, { done }: { readonly done: number }) => ({
      ...doc,
      detail: `${done} done`,
    }),
  };
  return new Ledger(kind, log, shortTiming);
}

/** What is sent tells that it has come this far, and then does what it is told to. */
function telling(then: (departure: Departure) => Promise<string>): void {
  platform.send = (_evidence, departure) => {
    departure.permit();
    departure.onProgress?.({ done: 3, isVerifying: true });
    return then(departure);
  };
}

const standing = async (id: string) => ({
  record: await store.read(id),
  evidence: await store.evidence(id),
  events: await store.events(id, 0),
});

describe('how far a write has come', () => {
  it('is shown while it is sent, and is no step of it', async () => {
    const id = await accept(store, { deadlineMs: 60_000 });
    let answer = (_receipt: string): void => undefined;
    let claimed: unknown = null;
    telling(async () => {
      claimed = (await recordOf(store, id)).ledger;
      return new Promise((resolve) => (answer = resolve));
    });
    const sending = sender().advance(id);
    await eventually(async () => {
      expect((await recordOf(store, id)).doc.detail).toBe('3 done');
    });
    const { ledger, revision } = await recordOf(store, id);
    expect(ledger).toEqual(claimed);
    expect(await store.evidence(id)).toEqual({ mark: id });
    expect((await store.events(id, revision - 1)).map(({ doc }) => doc.detail)).toEqual(['3 done']);
    answer('receipt');
    expect(await sending).toBeNull();
    expect(await recordOf(store, id)).toMatchObject({
      ledger: { state: 'confirmed' },
      doc: { verdict: 'confirmed', receipt: 'receipt' },
    });
  });

  it('changes nothing where that is stored only once its write is settled', async () => {
    const id = await accept(store);
    let goOn = (): void => undefined;
    telling(async () => {
      goOn = await held.hold();
      return 'receipt';
    });
    expect(await sender().advance(id)).toBeNull();
    const settled = await standing(id);
    goOn();
    await store.rests();
    expect(await standing(id)).toEqual(settled);
    expect(settled.record?.doc).toMatchObject({ verdict: 'confirmed', detail: null });
  });

  it('changes nothing where somebody else has taken its write over meanwhile', async () => {
    const id = await accept(store);
    let goOn: (() => void) | null = null;
    telling(async () => {
      goOn = await held.hold();
      return new Promise(() => undefined);
    });
    void sender().advance(id);
    await eventually(() => {
      expect(goOn).not.toBeNull();
    });
    await sender().advance(id, { alone: true });
    const taken = await standing(id);
    expect(taken.record?.ledger?.state).toBe('sent');
    (goOn as (() => void) | null)?.();
    await store.rests();
    expect(await standing(id)).toEqual(taken);
  });

  it('makes no record that is gone', async () => {
    const id = await accept(store);
    let goOn: (() => void) | null = null;
    telling(async () => {
      goOn = await held.hold();
      return new Promise(() => undefined);
    });
    void sender().advance(id);
    await eventually(() => {
      expect(goOn).not.toBeNull();
    });
    await store.remove(id);
    (goOn as (() => void) | null)?.();
    await store.rests();
    expect(await standing(id)).toEqual({ record: null, evidence: null, events: [] });
  });

  it('of files that are fetched changes nothing once it is written down why that has failed', async () => {
    const id = await accept(store);
    await store.change(id, ({ ledger }) =>
      ledger === null ? null : { ledger: { ...ledger, fetches: 0 } },
    );
    let goOn = (): void => undefined;
    const fetch: LedgerKind<Shown, string>['fetch'] = async (
      _record,
      _entry,
      _evidence,
      _signal,
      note,
    ) => {
      note((doc) => ({ ...doc, detail: 'some are here' }));
      goOn = await held.hold();
      throw lost();
    };
    const fetching = new Ledger({ ...kindOf(store, platform), fetch }, silent, shortTiming);
    expect(await fetching.advance(id)).toBeGreaterThan(0);
    const failed = await standing(id);
    expect(failed.record?.ledger).toMatchObject({ state: 'accepted', fetches: 1 });
    goOn();
    await store.rests();
    expect(await standing(id)).toEqual(failed);
  });

  it('does no harm where it cannot be stored, which only a patient log tells of', async () => {
    const id = await accept(store);
    telling(async () => {
      held.next = () => Promise.reject(new Error('Redis is away'));
      await eventually(() => {
        expect(held.next).toBeNull();
      });
      return 'receipt';
    });
    expect(await sender().advance(id)).toBeNull();
    expect((await recordOf(store, id)).doc).toMatchObject({ verdict: 'confirmed' });
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 20, id, reason: 'Error: Redis is away' },
    ]);
  });
});
