import { own } from '../kit/own.ts';
import { OdslFault } from './fault.ts';
type Item = Readonly<Record<string, unknown>>;

/** What a list call of the platform understands; any other parameter is a filter on a field. */
export interface ListAnswer {
  readonly items: readonly unknown[];
  /** For `x-total-count`; null on a list that is not paged. */
  readonly total: number | null;
}

const defaultLimit = 100;

/** How a field compares: text as it is, anything else as JSON. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Filters, sorts, projects and pages as the platform's query language does. */
export function answerList(all: readonly Item[], query: URLSearchParams): ListAnswer {
  const found = sorted(
    all.filter((item) => matches(item, query)),
    query.get('_sort'),
  );
  const distinct = query.get('_distinct');
  if (distinct !== null) {
    const values = found.map((item) => own(item, distinct)).filter((value) => value !== undefined);
    return { items: [...new Set(values)], total: null };
  }
  const limit = Number(query.get('_limit') ?? defaultLimit);
  const skip = Number(query.get('_skip') ?? 0);
  const page = limit < 0 ? found.slice(skip) : found.slice(skip, skip + limit);
  const total = limit < 0 ? null : found.length;
  return { items: projected(page, query.get('_project')), total };
}

function matches(item: Item, query: URLSearchParams): boolean {
  for (const [field, expected] of query) {
    if (field.startsWith('_') && field !== '_id') continue;
    if (!matchesField(own(item, field), expected)) return false;
  }
  const search = query.get('_search');
  if (search === null) return true;
  const text = ['_id', 'name', 'description'].map((field) => textOf(item[field])).join('\n');
  return search.split(/\s+/).every((word) => expression(word).test(text));
}

function expression(word: string): RegExp {
  try {
    return new RegExp(word, 'i');
  } catch {
    throw new OdslFault(400, 5002, `Failed Basic Validation: ${word} is no expression`);
  }
}

function orderOf(json: string): [field: string, direction: number][] {
  try {
    return Object.entries(JSON.parse(json) as Record<string, number>);
  } catch {
    throw new OdslFault(400, 5002, 'Failed Basic Validation: _sort is not JSON');
  }
}

function matchesField(value: unknown, expected: string): boolean {
  const range = /^range\(([^,]*),([^)]*)\)$/.exec(expected);
  if (range !== null) return textOf(value) >= (range[1] ?? '') && textOf(value) < (range[2] ?? '');
  const call = /^(gte|gt|lte|lt|ne)\((.*)\)$/.exec(expected);
  if (call === null)
    return Array.isArray(value) ? value.includes(expected) : textOf(value) === expected;
  const [, name, bound = ''] = call;
  const text = textOf(value);
  if (name === 'gte') return text >= bound;
  if (name === 'gt') return text > bound;
  if (name === 'lte') return text <= bound;
  return name === 'lt' ? text < bound : text !== bound;
}

/** `{"name":1,"start":-1}` or `name,-start`. */
function sorted(items: readonly Item[], sort: string | null): Item[] {
  if (sort === null) return [...items];
  const orders = sort.startsWith('{')
    ? orderOf(sort)
    : sort
        .split(',')
        .map((field): [string, number] => [
          field.replace(/^-/, ''),
          field.startsWith('-') ? -1 : 1,
        ]);
  // Keys are made once: a walk over a large list orders it again for every page.
  const rows = items.map((item) => ({
    item,
    keys: orders.map(([field]) => textOf(own(item, field))),
  }));
  rows.sort((a, b) => {
    for (const [index, [, direction]] of orders.entries()) {
      const [left = '', right = ''] = [a.keys[index], b.keys[index]];
      if (left !== right) return left < right ? -direction : direction;
    }
    return 0;
  });
  return rows.map(({ item }) => item);
}

function projected(items: readonly Item[], project: string | null): Item[] {
  if (project === null) return [...items];
  const fields = new Set(['_id', ...project.split(',')]);
  return items.map((item) =>
    Object.fromEntries(Object.entries(item).filter(([field]) => fields.has(field))),
  );
}
