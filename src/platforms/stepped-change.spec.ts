import { describe, expect, it } from '@jest/globals';
import type { ChangeTerms } from '../domain/change.ts';
import type { Native } from '../domain/native.ts';
import {
  Changing,
  changing,
  ends,
  errorOf,
  item,
  type Order,
  refusal,
  sent,
  signal,
  timeoutMs,
  Told,
} from './stepped-change.testing.ts';
import { SteppedChange } from './stepped-change.ts';

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
