/** What lists can be ordered by. */
export const sortFields = ['name', 'updatedAt', 'createdAt', 'connection'] as const;
export type SortField = (typeof sortFields)[number];

/** What lists can be counted by. */
export const facetFields = [
  'label',
  'platform',
  'connection',
  'enabled',
  'kind',
  'service',
] as const;
export type FacetField = (typeof facetFields)[number];

/** One step of an order. */
export interface SortKey {
  readonly field: SortField;
  readonly descending: boolean;
}

/** Which processes of which connections, in which order and how they are shown: everything but the page. */
export interface ProcessQuery {
  /** Null: all of them. */
  readonly connections: readonly string[] | null;
  readonly platforms: readonly string[] | null;
  /** Substring of name, key or description, in lower case. */
  readonly q: string | null;
  /** Substring of the name, in lower case. */
  readonly name: string | null;
  readonly key: string | null;
  /** Any of them. */
  readonly labels: readonly string[] | null;
  readonly enabled: boolean | null;
  /** RFC 3339 in UTC with three decimals, so that text compares as time. */
  readonly updatedAfter: string | null;
  readonly sort: readonly SortKey[];
  /** Null: all members. */
  readonly fields: readonly string[] | null;
  readonly native: boolean;
  /** Whether each process is shown with its versions, which are read apart from the list. */
  readonly versions: boolean;
  /** Whether a list that misses a source is an error. */
  readonly requireAll: boolean;
}

/** The order when none is asked. */
export const defaultSort: readonly SortKey[] = [{ field: 'name', descending: false }];
