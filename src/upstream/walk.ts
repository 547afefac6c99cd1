import pMap from 'p-map';
import { UpstreamContractError } from '../domain/errors.ts';
import type { UpstreamName } from './upstream-errors.ts';

/** One page of an upstream's list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** How many items the whole list has; null when the upstream does not say. */
  readonly total: number | null;
}

/** How the lists of a connection are walked. */
export interface WalkTerms {
  /** Whom an error is about. */
  readonly name: UpstreamName;
  /** Pages under way at once, where the total is known. */
  readonly concurrency: number;
  /** How many items a page is asked for; servers may give fewer. */
  readonly pageSize: number;
}

/** A walk over one list. */
export interface Walk<T> extends WalkTerms {
  /** What tells an item from every other one. */
  readonly keyOf: (item: T) => string;
  /** Fetches the page that begins at `offset`; `index` counts pages from 0. */
  readonly fetch: (offset: number, index: number) => Promise<Page<T>>;
}

/** The pages of one try, in order. */
type Pages<T> = [Page<T>, ...Page<T>[]];

const attempts = 3;
/** More than any list has: what claims to be longer is wrong, and would take for ever to walk. */
const mostPages = 100_000;

/**
 * Every item of a list that pages by offset, each once: the first page, then the others in parallel where the total is
 * known, one by one until an empty page where it is not. Offsets drift while a list changes and totals may be wrong, so
 * a walk that does not come out as it was counted starts over.
 * @throws UpstreamContractError when it does not come out three times: a list is whole, or it is none
 */
export async function walkPages<T>(walk: Walk<T>): Promise<T[]> {
  for (let attempt = 1; ; attempt += 1) {
    const pages = await walkOnce(walk);
    const items = pages.flatMap((page) => page.items);
    const problem = flawOf(pages, new Set(items.map(walk.keyOf)).size);
    if (problem === null) return items;
    if (attempt === attempts) throw contractError(walk, `${attempts} times: ${problem}`);
  }
}

async function walkOnce<T>(walk: Walk<T>): Promise<Pages<T>> {
  const { concurrency, fetch } = walk;
  const first = await fetch(0, 0);
  // Servers cap the page size that they are asked for: what the first page holds is what a page is.
  const size = first.items.length;
  if (size === 0) return [first];
  if (first.total === null) return onward(first, walk);
  const count = Math.max(Math.ceil(first.total / size), 1);
  if (count > mostPages) throw contractError(walk, `with ${count} pages`);
  const rest = Array.from({ length: count - 1 }, (_, index) => index + 1);
  const others = await pMap(rest, (index) => fetch(index * size, index), { concurrency });
  const last = others.at(-1)?.items.length ?? 0;
  // Behind a last page that is full there may be more than the total says; one that has room left is the last one.
  const isFull = others.length === 0 ? size >= walk.pageSize : last >= size;
  return [first, ...others, ...(isFull ? [await fetch(count * size, count)] : [])];
}

async function onward<T>(first: Page<T>, walk: Walk<T>): Promise<Pages<T>> {
  const pages: Pages<T> = [first];
  const seen = new Set(first.items.map(walk.keyOf));
  for (let page = first; page.items.length > 0;) {
    if (pages.length > mostPages) throw contractError(walk, 'without an end');
    page = await walk.fetch(pages.length * first.items.length, pages.length);
    pages.push(page);
    // A list that does not page shows the same again and again.
    if (page.items.every((item) => seen.has(walk.keyOf(item)))) break;
    for (const item of page.items) seen.add(walk.keyOf(item));
  }
  return pages;
}

/** Why the pages cannot be the whole list; null when nothing speaks against it. */
function flawOf(pages: Pages<unknown>, different: number): string | null {
  const [{ total, items }] = pages;
  const other = pages.find((page) => page.total !== total);
  if (other !== undefined) return `its total changed from ${total} to ${other.total}`;
  if (total !== null)
    return different === total ? null : `${different} different items of a total of ${total}`;
  const count = pages.reduce((sum, page) => sum + page.items.length, 0);
  if (different < count) return `${count} items of which only ${different} are different`;
  const short = pages.findIndex((page) => page.items.length < items.length);
  const isCut = pages.slice(short + 1).some((page) => page.items.length > 0);
  return short >= 0 && isCut
    ? `page ${short + 1} is shorter than the first, and more follow`
    : null;
}

function contractError({ name }: WalkTerms, how: string): UpstreamContractError {
  const { connection, platform, title } = name;
  return new UpstreamContractError(
    `${title} (${connection}) gave a list that cannot be whole, ${how}.`,
    { connection, platform, sent: 'maybe' },
  );
}
