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

  it('are of what was wanted, whenever that was while one ended', async () => {
    const signal = new AbortController().signal;
    for (let ticks = 0; ticks < 12; ticks += 1) {
      const reads: (readonly number[])[] = [];
      const joint = new JointReads(async (wanted: readonly number[]) => {
        reads.push(wanted);
        await Promise.resolve();
        return wanted;
      });
      const asked = [joint.of(1, signal), joint.of(2, signal)];
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      asked.push(joint.of(3, signal));
      const found = await Promise.all(asked);
      expect(found.map((all, at) => all.includes(at + 1))).toEqual([true, true, true]);
      expect(reads.every((wanted) => wanted.length > 0)).toBe(true);
    }
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
