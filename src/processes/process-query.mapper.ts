import {
  defaultSort,
  type ProcessQuery,
  type SortField,
  type SortKey,
} from '../catalogue/process-query.ts';
import { type FieldError, InvalidRequestError } from '../domain/errors.ts';
import { decodeKey, encodeKey } from '../domain/ids.ts';
import { toInstant } from '../domain/instant.ts';
import type { ListProcessesQuery, ProcessFilterQuery } from './list-processes.query.ts';

/** What exists, to check filters against. */
export interface Known {
  readonly connections: readonly string[];
  readonly platforms: readonly string[];
}

/** The filters as the catalogue takes them. @throws InvalidRequestError for a connection or platform that is not there */
export function toFilter(query: ProcessFilterQuery, known: Known): ProcessQuery {
  const errors = [
    ...strangers('connection', query.connection, known.connections),
    ...strangers('platform', query.platform, known.platforms),
  ];
  if (errors.length > 0) {
    throw new InvalidRequestError(errors.map(({ at, message }) => `${at} ${message}`).join('; '), {
      errors,
    });
  }
  return {
    connections: sorted(query.connection),
    platforms: sorted(query.platform),
    q: query.q === undefined || query.q === '' ? null : query.q.toLowerCase(),
    name: query.name === undefined || query.name === '' ? null : query.name.toLowerCase(),
    key: query.key === undefined ? null : encodeKey(decodeKey(query.key)),
    labels: sorted(query.label),
    enabled: query.enabled ?? null,
    updatedAfter: toInstant(query.updatedAfter),
    sort: defaultSort,
    fields: null,
    native: false,
    requireAll: query.require === 'all',
  };
}

/** The same with order and members. */
export function toQuery(query: ListProcessesQuery, known: Known): ProcessQuery {
  const include = query.include?.split(',') ?? [];
  return {
    ...toFilter(query, known),
    sort: query.sort === undefined ? defaultSort : query.sort.split(',').map(toSortKey),
    fields: query.fields === undefined ? null : [...new Set(query.fields.split(','))],
    native: include.includes('native'),
  };
}

function toSortKey(text: string): SortKey {
  const descending = text.startsWith('-');
  return { field: (descending ? text.slice(1) : text) as SortField, descending };
}

function sorted(values: readonly string[] | undefined): string[] | null {
  return values === undefined ? null : [...new Set(values)].sort();
}

function strangers(
  at: string,
  asked: readonly string[] = [],
  known: readonly string[],
): FieldError[] {
  return asked
    .filter((each) => !known.includes(each))
    .map((each) => ({ at, message: `"${each}" is not there (known are ${known.join(', ')})` }));
}
