import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { ChangedItem, ChangeReceipt, ChangeTerms } from '../domain/change.ts';
import {
  ConflictError,
  type GatewayError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../domain/errors.ts';
import { isHeld, isRefusal, isUnsent } from '../ledger/failures.ts';
import type { Native } from '../domain/native.ts';
import type { Departure, Reconciliation } from '../domain/write.ts';
import {
  type Learnt,
  type Recipe,
  type Step,
  SteppedChange,
  type Steps,
  type StepState,
} from './stepped-change.ts';

const order = z.object({ sets: z.string() });
type Order = z.output<typeof order>;

const timeoutMs = 5_000;
const sent = { from: 0, until: 1 };
const { signal } = new AbortController();

const answered = { status: 422, code: null, message: 'no', requestId: null };
const lost = (): GatewayError => new UpstreamUnavailableError('It broke.', { sent: 'maybe' });
const refusal = (status = 422): GatewayError =>
  new UpstreamRejectedError('Not that one.', {
    sent: 'maybe',
    upstream: { ...answered, status },
  });

/** A platform where things are set, and that does with each what its test says. */
class Told implements Recipe<ChangeTerms, Order> {
  readonly order = order;
  /** What is set. */
  readonly set = new Set<string>();
  /** Every request that has left, in its order. */
  readonly requests: string[] = [];
  /** The same of what was looked for. */
  readonly looks: string[] = [];
  /** What comes instead of an answer; `acts`: after it was done. */
  readonly fails = new Map<string, { readonly error: Error; readonly acts?: boolean }>();
  /** What is shown instead of the truth. */
  readonly shows = new Map<string, StepState | Error>();
  readonly learnt = new Map<string, Learnt>();
  readonly #steps: Steps<Order>;

  constructor(steps: Steps<Order>) {
    this.#steps = steps;
  }

  plan(): Promise<Steps<Order>> {
    return Promise.resolve(this.#steps);
  }

  async send({ sets }: Order, { permit }: Pick<Departure, 'permit'>): Promise<Learnt> {
    await Promise.resolve();
    permit();
    this.requests.push(sets);
    const failure = this.fails.get(sets);
    if (failure?.acts === true || failure === undefined) this.set.add(sets);
    if (failure !== undefined) throw failure.error;
    return this.learnt.get(sets) ?? {};
  }

  look({ sets }: Order): Promise<StepState> {
    this.looks.push(sets);
    const shown = this.shows.get(sets);
    if (shown instanceof Error) return Promise.reject(shown);
    if (shown !== undefined) return Promise.resolve(shown);
    const learnt = this.learnt.get(sets) ?? {};
    return Promise.resolve(this.set.has(sets) ? { state: 'done', learnt } : { state: 'open' });
  }
}

/** A change and the platform that it is made on, as the ledger goes through it. */
class Changing {
  readonly told: Told;
  readonly change: SteppedChange<ChangeTerms, Order>;
  /** So many requests may leave; then their time is over. */
  permits = Infinity;
  #evidence: Native | null = null;

  constructor(items: readonly ChangedItem[], steps: readonly Step<Order>[]) {
    this.told = new Told({ items, steps });
    this.change = new SteppedChange(this.told, {
      timeoutMs,
      repeatable: true,
      showsWithinMs: 100,
    });
  }

  /** What is stored comes back from JSON. */
  async evidence(): Promise<Native> {
    const { evidence } = await this.change.prepare({ key: 'p', confirm: null }, signal);
    this.#evidence ??= JSON.parse(JSON.stringify(evidence)) as Native;
    return this.#evidence;
  }

  async send(): Promise<ChangeReceipt> {
    const permit = (): void => {
      this.permits -= 1;
      if (this.permits < 0) throw new UpstreamTimeoutError('Its time is over.', { sent: 'no' });
    };
    const openFile = (): Promise<never> => Promise.reject(new Error('there are none'));
    return this.change.send(await this.evidence(), { signal, permit, openFile });
  }

  async reconcile(): Promise<Reconciliation<ChangeReceipt>> {
    return this.change.reconcile(await this.evidence(), sent, signal);
  }
}

function item(name: string, about: Partial<ChangedItem> = {}): ChangedItem {
  return {
    process: name,
    name: null,
    version: null,
    versionId: null,
    deployment: null,
    effect: 'updated',
    problem: null,
    ...about,
  };
}

/** One item for each, with a step of its own. */
function changing(...names: readonly string[]): Changing {
  return new Changing(
    names.map((name) => item(name)),
    names.map((sets, at) => ({ item: at, order: { sets } })),
  );
}

/** How the items have ended: their effects, or why they have failed. */
function ends({ items }: ChangeReceipt): readonly string[] {
  return items.map(({ effect, problem }) =>
    problem === null ? effect : `${effect}: ${problem.code}`,
  );
}

/** Its error, which there has to be. */
async function errorOf(work: Promise<unknown>): Promise<GatewayError> {
  return work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as GatewayError,
  );
}

describe('a change in steps', () => {
  it('says what it will do, and does nothing before it is sent', async () => {
    const { change, told } = changing('a', 'b');
    const { items } = await change.prepare({ key: 'p', confirm: null }, signal);
    expect(items.map(({ effect }) => effect)).toEqual(['updated', 'updated']);
    expect([told.requests, told.looks]).toEqual([[], []]);
  });

  it('does each of them once, in their order', async () => {
    const change = changing('a', 'b', 'c');
    expect(ends(await change.send())).toEqual(['updated', 'updated', 'updated']);
    expect(change.told.requests).toEqual(['a', 'b', 'c']);
  });

  it('of one request asks nothing but that', async () => {
    const change = changing('a');
    await change.send();
    expect([change.told.requests, change.told.looks]).toEqual([['a'], []]);
  });

  it('tells of each item what was learnt as it was done', async () => {
    const change = changing('a', 'b');
    change.told.learnt.set('b', { version: '7', versionId: 'v7' });
    const { items } = await change.send();
    expect(items).toEqual([item('a'), item('b', { version: '7', versionId: 'v7' })]);
  });

  it('with nothing to do sends nothing, and has done it', async () => {
    const change = new Changing([item('a', { effect: 'unchanged' })], []);
    expect(ends(await change.send())).toEqual(['unchanged']);
    expect(await change.reconcile()).toMatchObject({ state: 'applied' });
    expect([change.told.requests, change.told.looks]).toEqual([[], []]);
  });

  it('leaves an item that stands so already as it is, whatever becomes of the others', async () => {
    const change = new Changing(
      [item('stood', { effect: 'unchanged' }), item('a'), item('b')],
      [
        { item: 1, order: { sets: 'a' } },
        { item: 2, order: { sets: 'b' } },
      ],
    );
    change.told.fails.set('b', { error: refusal() });
    expect(ends(await change.send())).toEqual([
      'unchanged',
      'updated',
      'failed: upstream_rejected',
    ]);
  });

  it.each([
    [1, 5_000],
    [2, 10_000],
    [5, 25_000],
    [200, 60_000],
  ])('of %i requests takes %i ms for all to leave', async (count, spanMs) => {
    const change = changing(...Array.from({ length: count }, (_, at) => `s${at}`));
    expect(change.change.spanMs(await change.evidence())).toBe(spanMs);
  });
});

describe('how long a change may take', () => {
  const of = (more: object): SteppedChange<ChangeTerms, Order> =>
    new SteppedChange(new Told({ items: [], steps: [] }), {
      timeoutMs,
      repeatable: true,
      showsWithinMs: 100,
      ...more,
    });
  const evidence = (count: number): Native => ({
    items: [],
    steps: Array.from({ length: count }, () => ({ item: 0, order: { sets: 'a' } })),
  });

  it('to be looked at is as long as three of its requests, or as its platform says', () => {
    expect([of({}).lookMs, of({ lookMs: 7 }).lookMs]).toEqual([3 * timeoutMs, 7]);
  });

  it('to be sent, where it is several requests, is a minute, or as long as its platform says', () => {
    const long = of({ longestSpanMs: 100_000 });
    expect([1, 2, 15, 200].map((count) => long.spanMs(evidence(count)))).toEqual([
      5_000, 10_000, 75_000, 100_000,
    ]);
    const short = of({ longestSpanMs: 1_000 });
    expect([1, 2].map((count) => short.spanMs(evidence(count)))).toEqual([5_000, 1_000]);
  });
});

describe('a change that the platform refuses', () => {
  it('at its first step is refused as a whole, and nothing else is tried', async () => {
    const change = changing('a', 'b');
    const error = refusal();
    change.told.fails.set('a', { error });
    expect(await errorOf(change.send())).toBe(error);
    expect(change.told.requests).toEqual(['a']);
  });

  it.each([
    ['with a 4xx', refusal(), 'upstream_rejected'],
    ['as it is not any more what was checked', new ConflictError('Overtaken.'), 'conflict'],
  ])(
    'at a later one, %s, says which were done, which was refused, and which were not tried',
    async (_, error, code) => {
      const change = changing('a', 'b', 'c');
      change.told.fails.set('b', { error });
      const receipt = await change.send();
      expect(ends(receipt)).toEqual(['updated', `failed: ${code}`, 'failed: conflict']);
      expect(receipt.items[1]?.problem?.detail).toBe(error.message);
      expect(receipt.items[2]?.problem?.detail).toMatch(/not tried/);
      expect(change.told.requests).toEqual(['a', 'b']);
    },
  );
});

describe('a change with a step whose fate nobody knows', () => {
  it('may have been sent where that is the first', async () => {
    const change = changing('a', 'b');
    change.told.fails.set('a', { error: lost() });
    expect((await errorOf(change.send())).details.sent).toBe('maybe');
    expect(change.told.requests).toEqual(['a']);
  });

  it.each([
    ['whose answer was lost', lost()],
    ['that did not leave', new UpstreamUnavailableError('Nobody listens.', { sent: 'no' })],
    [
      'that is told to slow down',
      new UpstreamRateLimitedError('Slowly.', { upstream: { ...answered, status: 429 } }),
    ],
    ['that was answered with 408', refusal(408)],
  ])('may have been sent where one that was done is followed by one %s', async (_, error) => {
    const change = changing('a', 'b', 'c');
    change.told.fails.set('b', { error });
    const thrown = await errorOf(change.send());
    expect([thrown.details.sent, thrown.message]).toEqual(['maybe', error.message]);
    // The ledger looks what has become of it.
    expect([isUnsent(thrown), isRefusal(thrown)]).toEqual([false, false]);
    expect(change.told.requests).toEqual(['a', 'b']);
  });

  it('may have been sent where its time is over between two steps', async () => {
    const change = changing('a', 'b');
    change.permits = 1;
    expect((await errorOf(change.send())).details.sent).toBe('maybe');
    expect(change.told.requests).toEqual(['a']);
  });

  it('was not sent where its time is over before the first', async () => {
    const change = changing('a', 'b');
    change.permits = 0;
    expect((await errorOf(change.send())).details.sent).toBe('no');
    expect(change.told.requests).toEqual([]);
  });

  it('was not refused where only a look at it was', async () => {
    const first = changing('a', 'b');
    first.told.shows.set('a', refusal(403));
    expect((await errorOf(first.send())).details.sent).toBe('no');
    const second = changing('a', 'b');
    second.told.shows.set('b', refusal(403));
    const thrown = await errorOf(second.send());
    expect([isUnsent(thrown), isRefusal(thrown), isHeld(thrown, 0)]).toEqual([false, false, false]);
    expect([first.told.requests, second.told.requests]).toEqual([[], ['a']]);
  });

  it('passes on what is no error of the gateway’s', async () => {
    const change = changing('a', 'b');
    const defect = new TypeError('a defect');
    change.told.fails.set('b', { error: defect });
    expect(await errorOf(change.send())).toBe(defect);
  });
});

describe('what the platform shows of a change', () => {
  it('is that it was done, with what was learnt of each', async () => {
    const change = changing('a', 'b');
    change.told.learnt.set('a', { version: '2' });
    await change.send();
    const found = await change.reconcile();
    expect(found).toMatchObject({
      state: 'applied',
      receipt: { items: [{ version: '2', effect: 'updated' }, { effect: 'updated' }] },
    });
  });

  it('is that nothing of it was', async () => {
    expect(await changing('a', 'b').reconcile()).toEqual({ state: 'absent' });
  });

  it('is that a part of it was: the others did not arrive, or were not tried', async () => {
    const change = changing('a', 'b', 'c');
    change.told.fails.set('b', { error: lost() });
    await errorOf(change.send());
    const found = await change.reconcile();
    if (found.state !== 'partial') throw new Error(`it is ${found.state}`);
    expect(ends(found.receipt)).toEqual([
      'updated',
      'failed: upstream_unavailable',
      'failed: conflict',
    ]);
  });

  it('is undecided as soon as one of them is, with why', async () => {
    const change = changing('a', 'b', 'c');
    await change.send();
    change.told.shows.set('b', { state: 'unclear', why: 'Others were here.' });
    expect(await change.reconcile()).toEqual({
      state: 'undecided',
      why: 'Others were here.',
      candidates: [],
    });
  });

  it('cannot be told where it cannot be read', async () => {
    const change = changing('a');
    change.told.shows.set('a', lost());
    await expect(change.reconcile()).rejects.toThrow('It broke.');
  });
});

describe('a change that is sent again', () => {
  it('does the rest of what was done in part, and nothing twice', async () => {
    const change = changing('a', 'b', 'c');
    change.told.fails.set('b', { error: lost() });
    await errorOf(change.send());
    change.told.fails.clear();
    expect(ends(await change.send())).toEqual(['updated', 'updated', 'updated']);
    expect(change.told.requests).toEqual(['a', 'b', 'b', 'c']);
    expect(await change.reconcile()).toMatchObject({ state: 'applied' });
  });

  it('does not do again what was done though its answer was lost', async () => {
    const change = changing('a', 'b', 'c');
    change.told.fails.set('b', { error: lost(), acts: true });
    await errorOf(change.send());
    change.told.learnt.set('b', { version: '9' });
    const { items } = await change.send();
    expect(change.told.requests).toEqual(['a', 'b', 'c']);
    expect(items[1]?.version).toBe('9');
  });

  it('says of what stands by now that it was done when the rest is refused', async () => {
    const change = changing('a', 'b');
    change.told.fails.set('b', { error: lost() });
    await errorOf(change.send());
    change.told.fails.set('b', { error: refusal() });
    expect(ends(await change.send())).toEqual(['updated', 'failed: upstream_rejected']);
  });
});

describe('an item that takes several steps', () => {
  const two = (): Changing =>
    new Changing(
      [item('a'), item('b')],
      [
        { item: 0, order: { sets: 'a1' } },
        { item: 0, order: { sets: 'a2' } },
        { item: 1, order: { sets: 'b1' } },
      ],
    );

  it('has learnt of all of them, the later ones last', async () => {
    const change = two();
    change.told.learnt.set('a1', { version: '1', versionId: 'v1' });
    change.told.learnt.set('a2', { version: '2' });
    const { items } = await change.send();
    expect(items[0]).toEqual(item('a', { version: '2', versionId: 'v1' }));
  });

  it('has failed when one of them has', async () => {
    const change = two();
    change.told.fails.set('a2', { error: refusal() });
    expect(ends(await change.send())).toEqual(['failed: upstream_rejected', 'failed: conflict']);
    expect(change.told.requests).toEqual(['a1', 'a2']);
  });

  it('has not arrived when it shows by half', async () => {
    const change = two();
    change.told.set.add('a1').add('b1');
    const found = await change.reconcile();
    if (found.state !== 'partial') throw new Error(`it is ${found.state}`);
    expect(ends(found.receipt)).toEqual(['failed: upstream_unavailable', 'updated']);
  });

  it('can say itself that it was done otherwise than it was to be', async () => {
    const change = two();
    const problem = { code: 'upstream_contract', detail: 'It kept a member.' } as const;
    change.told.learnt.set('a1', { effect: 'failed', problem });
    expect(ends(await change.send())).toEqual(['failed: upstream_contract', 'updated']);
  });
});

describe('a change whose evidence cannot be read', () => {
  it.each([
    ['is empty', {}],
    ['has an order of another kind', { items: [], steps: [{ item: 0, order: { cuts: 'a' } }] }],
    ['has no order of its steps', { items: [], steps: [{ item: 'a', order: { sets: 'a' } }] }],
    [
      'has an effect that nobody knows',
      { items: [{ ...item('a'), effect: 'vanished' }], steps: [] },
    ],
  ])('as it %s, is refused as one that was not sent', async (_, evidence: Native) => {
    const { change, told } = changing('a');
    const departure = {
      signal,
      permit: () => undefined,
      openFile: () => Promise.reject(new Error('there are none')),
    };
    const error = await errorOf(change.send(evidence, departure));
    expect([error.code, error.details.sent, error.details.outcome]).toEqual([
      'internal',
      'no',
      'not_sent',
    ]);
    await expect(change.reconcile(evidence, sent, signal)).rejects.toThrow(/cannot be read/);
    expect([told.requests, told.looks]).toEqual([[], []]);
  });
});
