import { describe, expect, it } from '@jest/globals';
import { JointReads } from './joint-reads.ts';

describe('reads that many want at once', () => {
  it('are two, of which the second is of all that came during the first', async () => {
    const reads: (readonly number[])[] = [];
    const joint = new JointReads(async (wanted: readonly number[]) => {
      reads.push(wanted);
      await Promise.resolve();
      return [...wanted];
    });
    const signal = new AbortController().signal;
    const found = await Promise.all([1, 2, 3, 4].map((each) => joint.of(each, signal)));
    expect(reads).toEqual([[1], [2, 3, 4]]);
    expect(found).toEqual([[1], [2, 3, 4], [2, 3, 4], [2, 3, 4]]);
    expect(await joint.of(5, signal)).toEqual([5]);
  });

  it('keep nobody longer than they wait, and fail for all that wanted them', async () => {
    let fail: (error: Error) => void = () => undefined;
    const joint = new JointReads(
      () =>
        new Promise<never>((_resolve, reject) => {
          fail = reject;
        }),
    );
    const gone = new AbortController();
    const patient = joint.of(1, new AbortController().signal);
    const hasty = joint.of(2, gone.signal);
    gone.abort();
    await expect(hasty).rejects.toMatchObject({ code: 'upstream_timeout' });
    fail(new Error('lost'));
    await expect(patient).rejects.toThrow('lost');
  });
});
