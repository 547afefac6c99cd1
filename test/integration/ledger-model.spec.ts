import { afterAll, afterEach, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Native } from '../../src/domain/native.ts';
import type { CertainWrite, Departure, Reconciliation } from '../../src/domain/write.ts';
import {
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamUnavailableError,
} from '../../src/domain/errors.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerTiming } from '../../src/ledger/ledger-kind.ts';
import { RecordStore } from '../../src/ledger/record-store.ts';
import { accept, lost, processOf, recordOf, type Shown } from '../support/ledger.ts';
import { freshRedis } from '../support/redis.ts';

jest.setTimeout(300_000);

const redis = freshRedis('model');
afterAll(() => redis.close());
afterEach(() => {
  jest.restoreAllMocks();
});

const timing: LedgerTiming = {
  sendWindow: 5_000,
  progressEvery: 2_000,
  firstRetry: 1_000,
  longestRetry: 10_000,
  settle: 60_000,
  doubt: 3_600_000,
  doubtEvery: 300_000,
  begun: 900_000,
  lateEvery: 20_000,
  late: 300_000,
};
const timeoutMs = 10_000;
const showsWithinMs = 8_000;
/** How late the platform really shows what it has done: less, as time also passes by itself here. */
const latestShowMs = 7_000;
const deadlineMs = 60_000;

/** What becomes of a request once it has left. */
const fates = ['acts', 'acts', 'late', 'refuses', 'swallows', 'busy', 'unreachable'] as const;
type Fate = (typeof fates)[number];

/** A request on its way: it acts within its time, or never. */
interface Underway {
  readonly until: number;
  readonly act: () => void;
}

/** What all processes share: time, and the platform. */
class World {
  aheadMs = 0;
  readonly fates: Fate[];
  readonly hides: boolean[];
  readonly underway = new Set<Underway>();
  effects = 0;
  /** When the platform shows what it has done. */
  #showsAt = Infinity;
  readonly #lateBy: number;

  constructor(fatesToCome: readonly Fate[], hides: readonly boolean[], lateBy = 0) {
    this.fates = [...fatesToCome];
    this.hides = [...hides];
    this.#lateBy = lateBy;
  }

  get shows(): boolean {
    return this.aheadMs >= this.#showsAt;
  }

  takeEffect(latest: number): void {
    this.effects += 1;
    this.#showsAt = Math.min(this.#showsAt, Math.min(this.aheadMs, latest) + this.#lateBy);
  }

  /** Time passes for everybody; what is under way arrives before its time is over, or never. */
  pass(ms: number, arrives: boolean): void {
    this.aheadMs += ms;
    for (const each of [...this.underway]) {
      if (each.until > this.aheadMs) continue;
      this.underway.delete(each);
      // It arrived in the last moment of its time, however much of that has passed since.
      if (arrives) each.act();
    }
  }
}

/** One process. It stops before each thing that it does with others, until it is told to go on; or for ever, when it is killed. */
class Worker {
  readonly #ledger: Ledger<Shown, string>;
  readonly #id: string;
  #goOn: (() => void) | null = null;
  #isRunning = false;
  #again: number | null | undefined;
  #stopped: () => void = () => undefined;

  constructor(world: World, prefix: string, id: string, repeatable: boolean) {
    const turn = (): Promise<void> =>
      new Promise((resolve) => {
        this.#goOn = resolve;
        this.#stopped();
      });
    const store = new SteppedStore(world, prefix, turn);
    this.#id = id;
    this.#ledger = processOf(store, new SteppedWrite(world, turn, repeatable), timing);
  }

  /** Does one step of taking the record up; gives when it wants to take it up again, or undefined in the middle. */
  async step(): Promise<number | null | undefined> {
    this.#again = undefined;
    const stopped = new Promise<void>((resolve) => (this.#stopped = resolve));
    if (this.#isRunning) this.#goOn?.();
    else {
      this.#isRunning = true;
      void this.#ledger.advance(this.#id).then((value) => {
        this.#isRunning = false;
        this.#again = value;
        this.#stopped();
      });
    }
    await stopped;
    return this.#again;
  }
}

class SteppedStore extends RecordStore<Shown> {
  readonly #world: World;
  readonly #turn: () => Promise<void>;

  constructor(world: World, prefix: string, turn: () => Promise<void>) {
    super(redis.client, { prefix, kind: 'write', keepMs: () => null });
    this.#world = world;
    this.#turn = turn;
  }

  override async now(): Promise<number> {
    await this.#turn();
    return (await super.now()) + this.#world.aheadMs;
  }

  override async read(id: string) {
    await this.#turn();
    return super.read(id);
  }

  override async evidence(id: string) {
    await this.#turn();
    return super.evidence(id);
  }

  override async change(...args: Parameters<RecordStore<Shown>['change']>) {
    await this.#turn();
    return super.change(...args);
  }
}

class SteppedWrite implements CertainWrite<string> {
  readonly timeoutMs = timeoutMs;
  readonly showsWithinMs = showsWithinMs;
  readonly repeatable: boolean;
  readonly #world: World;
  readonly #turn: () => Promise<void>;

  constructor(world: World, turn: () => Promise<void>, repeatable: boolean) {
    this.#world = world;
    this.#turn = turn;
    this.repeatable = repeatable;
  }

  async send(_evidence: Native, { permit }: Departure): Promise<string> {
    await this.#turn();
    permit();
    const world = this.#world;
    const fate = world.fates.shift() ?? 'acts';
    if (fate === 'unreachable') throw new UpstreamUnavailableError('Refused.', { sent: 'no' });
    if (fate === 'busy') throw new UpstreamRateLimitedError('Busy.', { retryAfterMs: 3_000 });
    const underway = { until: world.aheadMs + timeoutMs - 1, act: (): void => undefined };
    if (fate === 'acts' || fate === 'late')
      underway.act = () => {
        world.takeEffect(underway.until);
      };
    world.underway.add(underway);
    // Its sender hears of a broken connection, while the request goes on.
    if (fate === 'late') throw lost();
    await this.#turn();
    // The answer comes only of what has arrived; what time has taken is lost.
    if (!world.underway.delete(underway)) throw lost();
    underway.act();
    if (fate === 'swallows') throw lost();
    await this.#turn();
    if (fate === 'refuses') throw refusal;
    return 'receipt';
  }

  async reconcile(): Promise<Reconciliation<string>> {
    await this.#turn();
    if (this.#world.hides.shift() === true)
      return { state: 'undecided', why: 'It shows nothing.', candidates: [] };
    return this.#world.shows ? { state: 'applied', receipt: 'receipt' } : { state: 'absent' };
  }
}

const refusal = new UpstreamRejectedError('No.', {
  upstream: { status: 422, code: null, message: 'no', requestId: null },
});

type Action =
  | { readonly do: 'steps'; readonly who: 0 | 1; readonly times: number }
  | { readonly do: 'kill'; readonly who: 0 | 1 }
  | { readonly do: 'pass'; readonly ms: number; readonly arrives: boolean };

const who = fc.constantFrom(0 as const, 1 as const);
const actions = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        do: fc.constant('steps' as const),
        who,
        times: fc.integer({ min: 1, max: 7 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), who }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('pass' as const),
        ms: fc.constantFrom(1_000, 4_000, 5_001, 10_001, 15_001, 15_001, 61_000),
        arrives: fc.boolean(),
      }),
    },
  ) satisfies fc.Arbitrary<Action>,
  { minLength: 10, maxLength: 40, size: 'max' },
);

it('takes effect once at most, and ends, whatever is killed, lost, refused, hidden or late', async () => {
  const now = { wall: Date.now.bind(Date), monotonic: performance.now.bind(performance) };
  let world = new World([], []);
  jest.spyOn(Date, 'now').mockImplementation(() => now.wall() + world.aheadMs);
  jest.spyOn(performance, 'now').mockImplementation(() => now.monotonic() + world.aheadMs);
  const ends = new Map<string, number>();
  let run = 0;
  const property = fc.asyncProperty(
    actions,
    fc.array(fc.constantFrom(...fates), { maxLength: 6, size: 'max' }),
    fc.array(fc.boolean(), { maxLength: 6 }),
    fc.constantFrom(0, latestShowMs),
    fc.boolean(),
    async (todo, fatesToCome, hides, lateBy, repeatable) => {
      world = new World(fatesToCome, hides, lateBy);
      const prefix = `${redis.prefix}${(run += 1)}`;
      const store = new RecordStore<Shown>(redis.client, {
        prefix,
        kind: 'write',
        keepMs: () => null,
      });
      const id = await accept(store, { deadlineMs });
      const begin = (): Worker => new Worker(world, prefix, id, repeatable);
      const workers = [begin(), begin()];
      for (const action of todo) {
        if (action.do === 'pass') world.pass(action.ms, action.arrives);
        else if (action.do === 'kill') workers[action.who] = begin();
        else
          for (let times = action.times; times > 0; times -= 1) await workers[action.who]?.step();
        expect(world.effects).toBeLessThanOrEqual(1);
      }
      // From now on one process goes on alone, and the platform shows what there is.
      world.hides.length = 0;
      const last = begin();
      for (let steps = 0; steps < 500; steps += 1) {
        const again = await last.step();
        if (again === null) break;
        if (again !== undefined) world.pass(again + 1, steps % 2 === 0);
      }
      const { state } = (await recordOf(store, id)).ledger;
      ends.set(state, (ends.get(state) ?? 0) + 1);
      expect([state, world.effects]).toEqual([
        expect.stringMatching(/^(confirmed|rejected|not_sent)$/),
        state === 'confirmed' ? 1 : 0,
      ]);
    },
  );
  await fc.assert(property, { numRuns: 400, seed: Number(process.env['MODEL_SEED'] ?? 20_261) });
  // The property means something only when the ways to each end were walked.
  expect([...ends.keys()].sort()).toEqual(['confirmed', 'not_sent', 'rejected']);
});
