import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UpstreamContractError } from '../domain/errors.ts';
import { type Page, walkPages } from './walk.ts';

/** A list that pages by offset, and what was asked of it. */
function listOf(length: number, pageSize: number, tellsTotal: boolean) {
  const items = Array.from({ length }, (_, index) => index);
  const asked: number[] = [];
  let underWay = 0;
  let most = 0;
  const fetch = async (offset: number, index: number): Promise<Page<number>> => {
    expect(offset).toBe(index * Math.min(pageSize, length));
    asked.push(index);
    underWay += 1;
    most = Math.max(most, underWay);
    await Promise.resolve();
    underWay -= 1;
    return {
      items: items.slice(offset, offset + pageSize),
      total: tellsTotal ? items.length : null,
    };
  };
  return { items, asked, fetch, most: () => most };
}

describe('a walk over a list', () => {
  test('sees every item once and in order, whether the total is told or not', async () => {
    const sizes = fc.integer({ min: 1, max: 12 });
    const lengths = fc.integer({ min: 0, max: 80 });
    await fc.assert(
      fc.asyncProperty(
        lengths,
        sizes,
        sizes,
        fc.boolean(),
        async (length, size, concurrency, tells) => {
          const list = listOf(length, size, tells);
          expect(await walkPages({ concurrency, fetch: list.fetch })).toEqual(list.items);
          expect(list.asked).toHaveLength(new Set(list.asked).size);
          expect(list.most()).toBeLessThanOrEqual(concurrency);
        },
      ),
    );
  });

  test('asks for no page beyond the total', async () => {
    const list = listOf(40, 20, true);
    await walkPages({ concurrency: 4, fetch: list.fetch });
    expect(list.asked).toEqual([0, 1]);
  });

  test('starts over when the total changes under it', async () => {
    let items = [1, 2, 3, 4, 5];
    let calls = 0;
    const found = await walkPages({
      concurrency: 1,
      fetch: (offset) => {
        calls += 1;
        if (calls === 2) items = [0, ...items];
        return Promise.resolve({ items: items.slice(offset, offset + 2), total: items.length });
      },
    });
    expect(found).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('gives up starting over after three times, with what it saw last', async () => {
    let total = 4;
    let firstPages = 0;
    const found = await walkPages({
      concurrency: 1,
      fetch: (offset, index) => {
        if (index === 0) firstPages += 1;
        total += 1;
        return Promise.resolve({ items: [offset, offset + 1], total });
      },
    });
    expect(firstPages).toBe(3);
    expect(found.length).toBeGreaterThan(0);
  });

  test('ends with the first page that fails', async () => {
    const walk = walkPages({
      concurrency: 2,
      fetch: (_offset, index) =>
        index === 3
          ? Promise.reject(new Error('page 3 is broken'))
          : Promise.resolve({ items: [index], total: 6 }),
    });
    await expect(walk).rejects.toThrow('page 3 is broken');
  });

  test('does not believe a total that no list can have', async () => {
    const walk = walkPages({
      concurrency: 4,
      fetch: () => Promise.resolve({ items: [1], total: Number.MAX_SAFE_INTEGER }),
    });
    await expect(walk).rejects.toBeInstanceOf(UpstreamContractError);
  });

  test('ends at an empty first page, whatever total it claims', async () => {
    const fetch = (): Promise<Page<number>> => Promise.resolve({ items: [], total: 100 });
    expect(await walkPages({ concurrency: 4, fetch })).toEqual([]);
  });
});
