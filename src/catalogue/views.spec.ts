import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Process, processKinds } from '../domain/process.ts';
import {
  type FacetField,
  facetFields,
  type ProcessQuery,
  type SortKey,
  sortFields,
} from './process-query.ts';
import { renderEnvelope, renderFacets, renderItems } from './render.ts';
import { Snapshot } from './snapshot.ts';
import { Views } from './views.ts';

const memoryBytes = 16 * 1_024 ** 2;

/** Few values of each, so that they meet; letters whose lower case is not the obvious one. */
const text = fc.constantFrom(
  '',
  'a',
  'A',
  'ab',
  'Ab',
  'B',
  'Straße',
  'STRASSE',
  'İ',
  'zz',
  '"\n\u2028',
);
const instant = fc.constantFrom(
  '2025-12-31T23:59:59.999Z',
  '2026-01-01T00:00:00.000Z',
  '2026-01-01T00:00:00.001Z',
);
const connections = ['crm-eu', 'erp-eu', 'erp-us'];

const arbitraryProcess = fc
  .record({
    connection: fc.constantFrom(...connections),
    key: fc.string({ minLength: 1, maxLength: 2 }).map(encodeURIComponent),
    name: text,
    description: fc.option(text),
    kind: fc.constantFrom(...processKinds),
    enabled: fc.option(fc.boolean()),
    labels: fc.array(text, { maxLength: 3 }),
    service: fc.option(text),
    createdAt: fc.option(instant),
    updatedAt: fc.option(instant),
  })
  .map(({ connection, ...own }): Process => ({
    id: `${connection}:${own.key}`,
    connection,
    platform: connection.slice(0, 3),
    ...own,
    latestVersion: null,
    schedule: null,
    updatedBy: null,
    capabilities: ['processes'],
    links: {
      self: { href: `/v1/processes/${own.key}`, method: 'GET' },
      versions: null,
      package: null,
      deployments: null,
      start: null,
    },
    native: null,
  }));

const arbitraryProcesses = fc.uniqueArray(arbitraryProcess, {
  selector: ({ id }) => id,
  maxLength: 30,
});

const arbitrarySort: fc.Arbitrary<SortKey[]> = fc.array(
  fc.record({ field: fc.constantFrom(...sortFields), descending: fc.boolean() }),
  { minLength: 1, maxLength: 4 },
);

const arbitraryQuery: fc.Arbitrary<ProcessQuery> = fc.record({
  connections: fc.constant(null),
  platforms: fc.constant(null),
  q: rarely(text.map((each) => each.toLowerCase())),
  name: rarely(text.map((each) => each.toLowerCase())),
  key: rarely(fc.constantFrom('a', 'b', '0', '%20')),
  labels: rarely(fc.array(text, { minLength: 1, maxLength: 2 })),
  enabled: rarely(fc.boolean()),
  updatedAfter: rarely(instant),
  sort: arbitrarySort,
  fields: rarely(
    fc.uniqueArray(fc.constantFrom('id', 'name', 'labels', 'native', 'enabled'), { minLength: 1 }),
  ),
  native: fc.boolean(),
  versions: fc.constant(false),
  requireAll: fc.constant(false),
});

function rarely<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(arbitrary, { freq: 1 });
}

/** What the words of the API say, as plainly as it can be written. */
function matches(process: Process, query: ProcessQuery): boolean {
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

function inOrder(sort: readonly SortKey[]): (a: Process, b: Process) => number {
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

const snapshotsOf = (processes: readonly Process[]): Snapshot[] =>
  connections.map((connection) => {
    const own = processes.filter((process) => process.connection === connection);
    const items = own.map((process) => ({
      process,
      native: { raw: process.name, big: [1, null] },
    }));
    return Snapshot.of(connection, connection.slice(0, 3), items);
  });

interface Body {
  readonly data: readonly Record<string, unknown>[];
  readonly page: { readonly nextCursor: string | null; readonly total: number };
}

function bodyOf(data: readonly Buffer[]): Body {
  const body = renderEnvelope(data, { nextCursor: null, total: data.length, sources: [] });
  return JSON.parse(body.toString('utf8')) as Body;
}

describe('a query over snapshots', () => {
  it('finds, orders and shows what the words of the API say', () => {
    const views = new Views({ memoryBytes });
    fc.assert(
      fc.property(arbitraryProcesses, arbitraryQuery, (processes, query) => {
        const snapshots = snapshotsOf(processes);
        const expected = processes
          .filter((process) => matches(process, query))
          .toSorted(inOrder(query.sort));
        const { refs, counts } = views.of(snapshots, query);
        const { data } = bodyOf(renderItems(refs, snapshots, query));
        expect(data).toEqual(expected.map((process) => shown(process, query)));
        expect(counts).toEqual(
          connections.map(
            (each) => expected.filter(({ connection }) => connection === each).length,
          ),
        );
      }),
      { numRuns: 400 },
    );
  });

  function shown(process: Process, { fields, native }: ProcessQuery): Record<string, unknown> {
    const whole = {
      ...process,
      native: native ? { raw: process.name, big: [1, null] } : null,
    } as Record<string, unknown>;
    return fields === null
      ? whole
      : Object.fromEntries(fields.map((field) => [field, whole[field]]));
  }

  it('counts what it finds by the values of a member, the most frequent first', () => {
    const views = new Views({ memoryBytes });
    fc.assert(
      fc.property(
        arbitraryProcesses,
        arbitraryQuery,
        fc.constantFrom(...facetFields),
        (processes, query, field) => {
          const snapshots = snapshotsOf(processes);
          const { data } = bodyOf(renderFacets(views.of(snapshots, query).refs, snapshots, field));
          const found = processes.filter((process) => matches(process, query));
          const values = found.flatMap((process) => [...new Set(valuesOf(process, field))]);
          const rows = data as unknown as { value: string | boolean | null; count: number }[];
          expect(new Map(rows.map(({ value, count }) => [value, count]))).toEqual(
            new Map(values.map((value) => [value, values.filter((each) => each === value).length])),
          );
          expect(new Set(rows.map(({ value }) => value)).size).toBe(rows.length);
          for (const [at, row] of rows.entries()) {
            const before = rows[at - 1];
            if (before === undefined) continue;
            expect(before.count).toBeGreaterThanOrEqual(row.count);
            if (before.count === row.count)
              expect(String(before.value) < String(row.value)).toBe(true);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  function valuesOf(process: Process, field: FacetField): readonly (string | boolean | null)[] {
    return field === 'label' ? process.labels : [process[field]];
  }

  it('looks for its text in name, key and description, and not over their borders', () => {
    const views = new Views({ memoryBytes });
    fc.assert(
      fc.property(arbitraryProcess, (process) => {
        const snapshots = [
          Snapshot.of(process.connection, process.platform, [{ process, native: {} }]),
        ];
        const query = { ...everything, q: `${process.name}\n${process.key}`.toLowerCase() };
        expect(views.of(snapshots, query).refs).toHaveLength(0);
      }),
    );
  });
});

const everything: ProcessQuery = {
  connections: null,
  platforms: null,
  q: null,
  name: null,
  key: null,
  labels: null,
  enabled: null,
  updatedAfter: null,
  sort: [{ field: 'name', descending: false }],
  fields: null,
  native: false,
  versions: false,
  requireAll: false,
};

describe('what was found', () => {
  const [some, others] = fc.sample(arbitraryProcesses, { numRuns: 2, seed: 7 });

  it('is found once per query and snapshots', () => {
    const views = new Views({ memoryBytes });
    const snapshots = snapshotsOf(some!);
    const found = views.of(snapshots, everything);
    expect(views.of(snapshotsOf(some!.toReversed()), { ...everything })).toBe(found);
    expect(views.of(snapshots, { ...everything, enabled: true })).not.toBe(found);
    expect(views.of(snapshots.slice(1), everything)).not.toBe(found);
    expect(views.of(snapshotsOf(others!), everything)).not.toBe(found);
  });

  it('is kept as far as memory reaches, however many orders are asked for', () => {
    const views = new Views({ memoryBytes: 30_000 });
    const snapshots = snapshotsOf(some!);
    const first = views.of(snapshots, everything);
    for (const sort of fc.sample(arbitrarySort, 200)) views.of(snapshots, { ...everything, sort });
    expect(views.of(snapshots, everything)).not.toBe(first);
    expect(views.of(snapshots, everything)).toEqual(first);
  });

  it('is right without any memory', () => {
    const snapshots = snapshotsOf(some!);
    const kept = new Views({ memoryBytes }).of(snapshots, everything);
    expect(new Views({ memoryBytes: 0 }).of(snapshots, everything)).toEqual(kept);
  });
});
