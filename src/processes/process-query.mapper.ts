import {
  defaultSort,
  type ProcessQuery,
  type SortField,
  type SortKey,
} from '../catalogue/process-query.ts';
import { type FieldError, InvalidRequestError } from '../domain/errors.ts';
import { decodeKey, encodeKey } from '../domain/ids.ts';
import { toInstant } from '../domain/instant.ts';
import { type ListProcessesQuery, type ProcessFilterQuery } from './list-processes.query.ts';

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
    key: query.key === undefined ? null : canonicalKey(query.key),
    labels: sorted(query.label),
    enabled: query.enabled ?? null,
    updatedAfter: toInstant(query.updatedAfter),
    sort: defaultSort,
    fields: null,
    native: false,
    versions: false,
    requireAll: query.require === 'all',
  };
}

/** The same with order and members. */
export function toQuery(query: ListProcessesQuery, known: Known): ProcessQuery {
  const include = query.include?.split(',') ?? [];
  const picked = query.fields?.split(',') ?? [];
  const includes = (member: string): boolean => [...include, ...picked].includes(member);
  return {
    ...toFilter(query, known),
    sort: query.sort === undefined ? defaultSort : query.sort.split(',').map(toSortKey),
    fields: query.fields === undefined ? null : [...new Set([...picked, ...include])],
    native: includes('native'),
    versions: includes('versions'),
  };
}

/** @throws InvalidRequestError naming the parameter */
function canonicalKey(text: string): string {
  try {
    return encodeKey(decodeKey(text));
  } catch (cause) {
    const message = 'has a broken percent-escape';
    throw new InvalidRequestError(`The query is not valid: key ${message}.`, {
      errors: [{ at: 'key', message }],
      cause,
    });
  }
}

function toSortKey(text: string): SortKey {
  const descending = text.startsWith('-');
  return { field: (descending ? text.slice(1) : text) as SortField, descending };
}

function sorted(values: readonly string[] | undefined): string[] | null {
  return values === undefined ? null : [...new Set(values)].sort();
}

/** Those that are asked for and are not there. */
export function strangers(
  at: string,
  asked: readonly string[] = [],
  known: readonly string[],
): FieldError[] {
  return asked
    .filter((each) => !known.includes(each))
    .map((each) => ({ at, message: `"${each}" is not there (known are ${known.join(', ')})` }));
}
