import pMap from 'p-map';
import { UpstreamContractError } from '../domain/errors.ts';

/** One page of an upstream's list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** How many items the whole list has; null when the upstream does not say. */
  readonly total: number | null;
}

/** How a list is walked. */
export interface Walk<T> {
  /** Pages under way at once, where the total is known. */
  readonly concurrency: number;
  /** Fetches the page that begins at `offset`; `index` counts pages from 0. */
  readonly fetch: (offset: number, index: number) => Promise<Page<T>>;
}

const attempts = 3;
/** More than any list has: what claims to be longer is wrong, and would take for ever to walk. */
const mostPages = 100_000;

/**
 * Every item of a list that pages by offset: the first page, then the others in parallel where the total is known, one
 * by one until a page that is shorter than the first where it is not. Offsets drift while a list changes, so a walk that saw the total change
 * starts over, three times at most.
 */
export async function walkPages<T>(walk: Walk<T>): Promise<T[]> {
  for (let attempt = 1; ; attempt += 1) {
    const pages = await walkOnce(walk);
    const totals = new Set(pages.map((page) => page.total));
    if (totals.size <= 1 || attempt === attempts) return pages.flatMap((page) => page.items);
  }
}

async function walkOnce<T>({ concurrency, fetch }: Walk<T>): Promise<Page<T>[]> {
  const first = await fetch(0, 0);
  // Servers cap the page size that they are asked for: what the first page holds is what a page is.
  const pageSize = first.items.length;
  if (pageSize === 0) return [first];
  if (first.total === null) return onward(first, fetch);
  const count = Math.ceil(first.total / pageSize);
  if (count > mostPages) {
    throw new UpstreamContractError(`A list of ${count} pages cannot be right.`);
  }
  const rest = Array.from({ length: count - 1 }, (_, index) => index + 1);
  const others = await pMap(rest, (index) => fetch(index * pageSize, index), { concurrency });
  return [first, ...others];
}

async function onward<T>(first: Page<T>, fetch: Walk<T>['fetch']): Promise<Page<T>[]> {
  const pages = [first];
  const pageSize = first.items.length;
  for (let last = first; last.items.length >= pageSize;) {
    last = await fetch(pages.length * pageSize, pages.length);
    pages.push(last);
  }
  return pages;
}
