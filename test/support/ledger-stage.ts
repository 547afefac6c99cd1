import { afterAll, beforeEach } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CertainWrite } from '../../src/domain/write.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerKind, LedgerTiming } from '../../src/ledger/ledger-kind.ts';
import type { LedgerEntry } from '../../src/ledger/record.ts';
import {
  accept,
  kindOf,
  recordOf,
  type SetStore,
  type Shown,
  shortTiming,
  silent,
  storeOf,
  ToldPlatform,
} from './ledger.ts';
import { type FreshRedis, freshRedis } from './redis.ts';

type Kept = Awaited<ReturnType<typeof recordOf>>;

/** In what a process is not like the others. */
interface Differing {
  readonly store?: SetStore;
  readonly platform?: CertainWrite<string>;
  readonly timing?: LedgerTiming;
  readonly kind?: Partial<LedgerKind<Shown, string>>;
}

/** Writes of a spec file: their records and the platform that they go to, new before each of its tests. */
export class LedgerStage {
  readonly redis: FreshRedis;
  store!: SetStore;
  platform!: ToldPlatform;
  #test = 0;

  constructor(name: string) {
    this.redis = freshRedis(name);
    beforeEach(() => {
      this.#test += 1;
      this.store = this.otherStore();
      this.platform = new ToldPlatform();
    });
    afterAll(() => this.redis.close());
  }

  /** What the keys of this test begin with. */
  get prefix(): string {
    return `${this.redis.prefix}${this.#test}`;
  }

  /** The same records, as another process has them. */
  otherStore(): SetStore {
    return storeOf(this.redis.client, this.prefix);
  }

  /** Stores a write that was accepted; gives its id, which is its mark too. */
  accept(about?: Parameters<typeof accept>[1]): Promise<string> {
    return accept(this.store, about);
  }

  /** One process that sends. */
  process({ store, platform, timing, kind }: Differing = {}): Ledger<Shown, string> {
    const usual = kindOf(store ?? this.store, platform ?? this.platform);
    return new Ledger({ ...usual, ...kind }, silent, timing ?? shortTiming);
  }

  record(id: string): Promise<Kept> {
    return recordOf(this.store, id);
  }

  async state(id: string): Promise<LedgerEntry['state']> {
    return (await this.record(id)).ledger.state;
  }

  /** Takes a record up as often as it wants to be, until it stands so or nothing is left to do. */
  async until(
    id: string,
    state: LedgerEntry['state'] | null = null,
    ledger = this.process(),
  ): Promise<Kept> {
    for (let again: number | null = 0; again !== null;) {
      await sleep(again);
      again = await ledger.advance(id);
      if ((await this.state(id)) === state) break;
    }
    return this.record(id);
  }
}
