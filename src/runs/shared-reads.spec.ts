import { expect, it } from '@jest/globals';
import { SharedReads } from './shared-reads.ts';

/** Reads that end when they are told to; each gives its number. */
class HeldReads {
  begun = 0;
  readonly #ends: (() => void)[] = [];

  readonly read = (): Promise<number> => {
    const nth = (this.begun += 1);
    return new Promise((resolve) => {
      this.#ends.push(() => {
        resolve(nth);
      });
    });
  };

  end(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}

it('one read stands for those that come while it lasts, and after', async () => {
  const held = new HeldReads();
  const shared = new SharedReads<number>(60_000);
  const all = Array.from({ length: 20 }, () => shared.get('a', held.read));
  held.end();
  expect(new Set(await Promise.all(all))).toEqual(new Set([1]));
  expect(await shared.get('a', held.read)).toBe(1);
  expect(held.begun).toBe(1);
});

it('who wants it anew gets a read that has begun after the call, and shares that', async () => {
  const held = new HeldReads();
  const shared = new SharedReads<number>(60_000);
  const early = shared.get('a', held.read);
  const anew = [shared.get('a', held.read, true), shared.get('a', held.read, true)];
  held.end();
  expect(await early).toBe(1);
  held.end();
  expect(await Promise.all(anew)).toEqual([2, 2]);
  expect(await shared.get('a', held.read)).toBe(2);
});

it('what failed is read again', async () => {
  const shared = new SharedReads<number>(60_000);
  await expect(shared.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await shared.get('a', () => Promise.resolve(7))).toBe(7);
});
