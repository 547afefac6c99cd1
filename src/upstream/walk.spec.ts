import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UpstreamContractError } from '../domain/errors.ts';
import { type Page, type Walk, walkPages } from './walk.ts';

const terms = {
  name: { connection: 'crm', platform: 'test', title: 'Test' },
  concurrency: 2,
  pageSize: 2,
  keyOf: String,
};

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

/** A list of ten in pages of two, by a server that cannot count or page. */
function walkOver(page: (items: readonly number[], offset: number) => Page<number>) {
  const items = Array.from({ length: 10 }, (_, index) => index);
  let walks = 0;
  const fetch: Walk<number>['fetch'] = (offset, index) => {
    if (index === 0) walks += 1;
    return Promise.resolve(page(items, offset));
  };
  return { walked: walkPages({ ...terms, fetch }), walks: () => walks };
}

describe('a walk over a list', () => {
  test('sees every item once and in order, whether the total is told or not, whatever the server caps', async () => {
    const sizes = fc.integer({ min: 1, max: 12 });
    const lengths = fc.integer({ min: 0, max: 80 });
    await fc.assert(
      fc.asyncProperty(
        lengths,
        sizes,
        sizes,
        sizes,
        fc.boolean(),
        async (length, size, pageSize, concurrency, tells) => {
          const list = listOf(length, Math.min(size, pageSize), tells);
          const walk = { ...terms, concurrency, pageSize, fetch: list.fetch };
          expect(await walkPages(walk)).toEqual(list.items);
          expect(list.asked).toHaveLength(new Set(list.asked).size);
          expect(list.most()).toBeLessThanOrEqual(concurrency);
        },
      ),
    );
  });

  test.each([
    ['has room left on its last page', 30, [0, 1]],
    ['fits on one page', 12, [0]],
    ['fills its last page, so that one more shows whether it is the last', 40, [0, 1, 2]],
    ['fills its only page', 20, [0, 1]],
  ])('asks for no page beyond a list that %s', async (_, length, asked) => {
    const list = listOf(length, 20, true);
    await walkPages({ ...terms, pageSize: 20, fetch: list.fetch });
    expect(list.asked).toEqual(asked);
  });

  test('starts over when the total changes under it', async () => {
    let items = [1, 2, 3, 4, 5];
    let calls = 0;
    const found = await walkPages({
      ...terms,
      concurrency: 1,
      fetch: (offset) => {
        calls += 1;
        if (calls === 2) items = [0, ...items];
        return Promise.resolve({ items: items.slice(offset, offset + 2), total: items.length });
      },
    });
    expect(found).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test.each([true, false])(
    'starts over when an item goes and another comes, so that offsets drift (total told: %s)',
    async (tells) => {
      let items = [3, 4, 5, 6, 7];
      let calls = 0;
      const found = await walkPages({
        ...terms,
        concurrency: 1,
        fetch: (offset) => {
          calls += 1;
          if (calls === 2) items = [1, ...items.slice(0, -1)];
          const total = tells ? items.length : null;
          return Promise.resolve({ items: items.slice(offset, offset + 2), total });
        },
      });
      expect(found).toEqual([1, 3, 4, 5, 6]);
    },
  );

  test.each<[string, RegExp, (items: readonly number[], offset: number) => Page<number>]>([
    [
      'one page in the middle is short',
      /9 different items of a total of 10/,
      (items, offset) => ({
        items: items.slice(offset, offset + (offset === 4 ? 1 : 2)),
        total: 10,
      }),
    ],
    [
      'later pages are empty',
      /4 different items of a total of 10/,
      (items, offset) => ({ items: offset > 2 ? [] : items.slice(offset, offset + 2), total: 10 }),
    ],
    [
      'the first page is empty, whatever total it claims',
      /0 different items of a total of 10/,
      () => ({ items: [], total: 10 }),
    ],
    [
      'the total is too small',
      /6 different items of a total of 4/,
      (items, offset) => ({ items: items.slice(offset, offset + 2), total: 4 }),
    ],
    [
      'the total is too small for a single page',
      /4 different items of a total of 2/,
      (items, offset) => ({ items: items.slice(offset, offset + 2), total: 2 }),
    ],
    [
      'the total is none at all',
      /4 different items of a total of 0/,
      (items, offset) => ({ items: items.slice(offset, offset + 2), total: 0 }),
    ],
    [
      'every page is the same',
      /2 different items of a total of 10/,
      (items) => ({ items: items.slice(0, 2), total: 10 }),
    ],
    [
      'every page is the same, without a total',
      /4 items of which only 2 are different/,
      (items) => ({ items: items.slice(0, 2), total: null }),
    ],
    [
      'one page in the middle is short, without a total',
      /page 3 is shorter than the first, and more follow/,
      (items, offset) => ({
        items: items.slice(offset, offset + (offset === 4 ? 1 : 2)),
        total: null,
      }),
    ],
    [
      'the total changes all the time',
      /its total changed from/,
      (items, offset) => ({ items: items.slice(offset, offset + 2), total: 10 + offset }),
    ],
  ])('never passes for whole when %s', async (_, problem, page) => {
    const { walked, walks } = walkOver(page);
    await expect(walked).rejects.toBeInstanceOf(UpstreamContractError);
    await expect(walked).rejects.toThrow(problem);
    await expect(walked).rejects.toMatchObject({ details: { connection: 'crm' } });
    expect(walks()).toBe(3);
  });

  test('ends with the first page that fails', async () => {
    const walk = walkPages({
      ...terms,
      fetch: (_offset, index) =>
        index === 3
          ? Promise.reject(new Error('page 3 is broken'))
          : Promise.resolve({ items: [index], total: 6 }),
    });
    await expect(walk).rejects.toThrow('page 3 is broken');
  });

  test('does not believe a total that no list can have', async () => {
    const walk = walkPages({
      ...terms,
      fetch: () => Promise.resolve({ items: [1], total: Number.MAX_SAFE_INTEGER }),
    });
    await expect(walk).rejects.toBeInstanceOf(UpstreamContractError);
  });
});
