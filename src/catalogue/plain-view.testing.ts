import type { Process } from '../domain/process.ts';
import type { FacetField, ProcessQuery, SortKey } from './process-query.ts';

/** What the words of the API say, as plainly as it can be written. */
export function matches(process: Process, query: ProcessQuery): boolean {
  const has = (searched: string | null, found: string | null): boolean =>
    searched === null || (found ?? '').toLowerCase().includes(searched);
  const { name, key, description, labels, enabled, updatedAt } = process;
  const inQ = [name, key, description].some((each) => has(query.q, each));
  return (
    inQ &&
    has(query.name, name) &&
    (query.key === null || key === query.key) &&
    (query.labels === null || labels.some((label) => query.labels?.includes(label))) &&
    (query.enabled === null || enabled === query.enabled) &&
    (query.updatedAfter === null || (updatedAt !== null && updatedAt > query.updatedAfter))
  );
}

export function inOrder(sort: readonly SortKey[]): (a: Process, b: Process) => number {
  const valueOf = (process: Process, field: SortKey['field']): string | null =>
    field === 'name' ? process.name.toLowerCase() : process[field];
  return (a, b) => {
    for (const { field, descending } of sort) {
      const [left, right] = [valueOf(a, field), valueOf(b, field)];
      if (left === right) continue;
      if (left === null || right === null) return left === null ? 1 : -1;
      if (left < right) return descending ? 1 : -1;
      return descending ? -1 : 1;
    }
    return a.id < b.id ? -1 : 1;
  };
}

/** A process as a query has it in its answer. */
export function shown(process: Process, { fields, native }: ProcessQuery): Record<string, unknown> {
  const whole = {
    ...process,
    native: native ? { raw: process.name, big: [1, null] } : null,
  } as Record<string, unknown>;
  return fields === null ? whole : Object.fromEntries(fields.map((field) => [field, whole[field]]));
}

/** What a process counts for in a facet. */
export function valuesOf(
  process: Process,
  field: FacetField,
): readonly (string | boolean | null)[] {
  return field === 'label' ? process.labels : [process[field]];
}
