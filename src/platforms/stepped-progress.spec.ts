import { describe, expect, it } from '@jest/globals';
import { Changing, changing, item, lost, refusal } from './stepped-change.testing.ts';

describe('the progress of a change in steps', () => {
  it('rises with each item that is done, those included that were found done', async () => {
    const change = changing('a', 'b', 'c');
    change.told.set.add('b');
    await change.send();
    expect(change.told.requests).toEqual(['a', 'c']);
    expect(change.progress).toEqual([1, 2, 3]);
  });

  it('counts an item once all of its steps are done, and what needs none from the first on', async () => {
    const change = new Changing(
      [item('a'), item('b', { effect: 'unchanged' }), item('c')],
      [
        { item: 0, order: { sets: 'a1' } },
        { item: 0, order: { sets: 'a2' } },
        { item: 2, order: { sets: 'c' } },
      ],
    );
    await change.send();
    expect(change.progress).toEqual([1, 2, 3]);
  });

  it('counts nothing that was done otherwise than it was to be', async () => {
    const change = changing('a', 'b');
    change.told.learnt.set('a', { effect: 'failed' });
    await change.send();
    expect(change.progress).toEqual([0, 1]);
  });

  it.each([
    ['is refused', refusal()],
    ['gets no answer', lost()],
  ])('ends with what %s', async (_how, error) => {
    const change = changing('a', 'b', 'c');
    change.told.fails.set('b', { error });
    await Promise.allSettled([change.send()]);
    expect(change.progress).toEqual([1]);
  });

  it('is none of a change of which nothing was done', async () => {
    const change = changing('a', 'b');
    change.told.fails.set('a', { error: refusal() });
    await Promise.allSettled([change.send()]);
    expect(change.progress).toEqual([]);
  });
});
