import { describe, expect, it } from '@jest/globals';
import { CoalescedReads } from './coalesced-reads.ts';

describe('reads by key', () => {
  it('are two for a thousand who come at once, and give nobody what is older than their call', async () => {
    const reads = new CoalescedReads<number>();
    let begun = 0;
    const read = async (): Promise<number> => {
      const own = (begun += 1);
      await new Promise((resolve) => setImmediate(resolve));
      return own;
    };
    const given = await Promise.all(Array.from({ length: 1_000 }, () => reads.get('a', read)));
    expect([begun, given[0], new Set(given.slice(1))]).toEqual([2, 1, new Set([2])]);
    expect(await reads.get('a', read)).toBe(3);
  });

  it('are made as the newest of those who share one says', async () => {
    const reads = new CoalescedReads<string>();
    const of = (name: string): Promise<string> =>
      reads.get('a', async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return name;
      });
    expect(await Promise.all(['first', 'second', 'third'].map(of))).toEqual([
      'first',
      'third',
      'third',
    ]);
  });

  it('are shared with nobody who reads something else', async () => {
    const reads = new CoalescedReads<string>();
    const given = await Promise.all(
      ['a', 'b', 'a'].map((key) => reads.get(key, () => Promise.resolve(key))),
    );
    expect(given).toEqual(['a', 'b', 'a']);
  });

  it('that fail are made again for whoever comes next', async () => {
    const reads = new CoalescedReads<string>();
    const failure = new Error('Redis is away.');
    await expect(reads.get('a', () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await reads.get('a', () => Promise.resolve('a'))).toBe('a');
  });
});
