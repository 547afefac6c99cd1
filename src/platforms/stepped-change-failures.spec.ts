import { describe, expect, it } from '@jest/globals';
import {
  ConflictError,
  UpstreamRateLimitedError,
  UpstreamUnavailableError,
} from '../domain/errors.ts';
import { isHeld, isRefusal, isUnsent } from '../ledger/failures.ts';
import { answered, changing, ends, errorOf, lost, refusal } from './stepped-change.testing.ts';

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
