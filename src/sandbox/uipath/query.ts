import { own } from '../kit/own.ts';
import { invalid } from './fault.ts';
import { comparable, compareValues, type Members, parseFilter } from './filter.ts';

/** A list as the platform's OData endpoints know it. */
export interface Entity<T> {
  /** Its name in `$metadata`. */
  readonly name: string;
  /** What may be filtered and ordered by. */
  readonly members: Members<T>;
  /** What `$expand` may name. */
  readonly expands: readonly string[];
  /** The row that is shown, with what was expanded. */
  readonly show: (item: T, expanded: ReadonlySet<string>) => Readonly<Record<string, unknown>>;
}

const longestPage = 1_000;
/** What a list answers when nobody says how much. */
const usualPage = 100;
const mostOrders = 5;
const options = new Set(['$filter', '$select', '$expand', '$orderby', '$top', '$skip', '$count']);

/** Filters, orders, pages and shapes a list by the OData options of a query. */
export function answerList<T>(
  entity: Entity<T>,
  all: readonly T[],
  query: URLSearchParams,
): Record<string, unknown> {
  refuseUnknown(query);
  const filter = query.get('$filter');
  const found = filter === null ? [...all] : all.filter(parseFilter(filter, entity.members));
  const ordered = inOrder(found, query.get('$orderby'), entity.members);
  const skip = wholeNumber(query, '$skip') ?? 0;
  const top = wholeNumber(query, '$top') ?? usualPage;
  if (top > longestPage) {
    throw invalid(
      `Invalid OData query options. The limit of '${longestPage}' for Top query has been exceeded. The value from the incoming request is '${top}'.`,
    );
  }
  const shape = shapeOf(entity, query);
  return {
    '@odata.context': contextOf(entity.name),
    ...(query.get('$count') === 'true' ? { '@odata.count': found.length } : {}),
    value: ordered.slice(skip, skip + top).map(shape),
  };
}

/** One thing, shaped by `$select` and `$expand`. */
export function answerOne<T>(
  entity: Entity<T>,
  item: T,
  query: URLSearchParams,
): Record<string, unknown> {
  refuseUnknown(query);
  return { '@odata.context': `${contextOf(entity.name)}/$entity`, ...shapeOf(entity, query)(item) };
}

/** How many match the filter of a query. */
export function countOf<T>(entity: Entity<T>, all: readonly T[], query: URLSearchParams): number {
  const filter = query.get('$filter');
  return filter === null ? all.length : all.filter(parseFilter(filter, entity.members)).length;
}

/** What an answer says of its own kind; real tenants write their own address before it. */
export function contextOf(name: string): string {
  return `https://orchestrator.example.com/odata/$metadata#${name}`;
}

function refuseUnknown(query: URLSearchParams): void {
  for (const name of query.keys()) {
    if (name.startsWith('$') && !options.has(name))
      throw invalid(`The query parameter '${name}' is not supported.`);
  }
}

function wholeNumber(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  if (!/^\d{1,9}$/.test(text)) throw invalid(`Invalid value '${text}' for ${name} query option.`);
  return Number(text);
}

function inOrder<T>(items: T[], orderby: string | null, members: Members<T>): T[] {
  if (orderby === null) return items;
  const orders = orderby.split(',').map((part) => {
    const [name = '', direction = 'asc'] = part.trim().split(/\s+/);
    const member = own(members, name);
    if (member === undefined || !/^(asc|desc)$/.test(direction))
      throw invalid(`Could not find a property named '${name}'.`);
    return { member, sign: direction === 'asc' ? 1 : -1 };
  });
  if (orders.length > mostOrders) throw invalid('Too many expressions in $orderby.');
  // Keys are made once: a walk over a large list orders it again for every page.
  const keys = orders.map(({ member }) =>
    items.map((item) => {
      const value = member.of(item);
      return value === null ? null : comparable(member.type, value);
    }),
  );
  const places = items.map((_, at) => at);
  places.sort((a, b) => {
    for (const [index, { sign }] of orders.entries()) {
      const order = compareKeys(keys[index]?.[a] ?? null, keys[index]?.[b] ?? null);
      if (order !== 0) return sign * order;
    }
    return 0;
  });
  return places.flatMap((at) => items.slice(at, at + 1));
}

/** Null comes first. */
function compareKeys(left: string | number | null, right: string | number | null): number {
  if (left === right) return 0;
  if (left === null || right === null) return left === null ? -1 : 1;
  return compareValues(left, right);
}

function shapeOf<T>(
  entity: Entity<T>,
  query: URLSearchParams,
): (item: T) => Readonly<Record<string, unknown>> {
  const expanded = names(query.get('$expand'));
  for (const name of expanded) {
    if (!entity.expands.includes(name))
      throw invalid(`OData query options are invalid: '${name}' cannot be expanded.`);
  }
  const selected = names(query.get('$select'));
  return (item) => {
    const row = entity.show(item, expanded);
    if (selected.size === 0) return row;
    for (const name of selected) {
      if (!Object.hasOwn(row, name)) throw invalid(`Could not find a property named '${name}'.`);
    }
    return Object.fromEntries(
      Object.entries(row).filter(([name]) => selected.has(name) || expanded.has(name)),
    );
  };
}

function names(text: string | null): Set<string> {
  if (text === null) return new Set();
  return new Set(text.split(',').map((name) => name.trim().replace(/\(.*\)$/, '')));
}
