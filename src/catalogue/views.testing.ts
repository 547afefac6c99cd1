import fc from 'fast-check';
import { type Process, processKinds } from '../domain/process.ts';
import { type ProcessQuery, type SortKey, sortFields } from './process-query.ts';
import { Snapshot } from './snapshot.ts';

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
export const connections = ['crm-eu', 'erp-eu', 'erp-us'];

export const arbitraryProcess = fc
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

export const arbitraryProcesses = fc.uniqueArray(arbitraryProcess, {
  selector: ({ id }) => id,
  maxLength: 30,
});

export const arbitrarySort: fc.Arbitrary<SortKey[]> = fc.array(
  fc.record({ field: fc.constantFrom(...sortFields), descending: fc.boolean() }),
  { minLength: 1, maxLength: 4 },
);

export const arbitraryQuery: fc.Arbitrary<ProcessQuery> = fc.record({
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

/** A snapshot for each connection, of items with the native that `shown` expects. */
export const snapshotsOf = (processes: readonly Process[]): Snapshot[] =>
  connections.map((connection) => {
    const own = processes.filter((process) => process.connection === connection);
    const items = own.map((process) => ({
      process,
      native: { raw: process.name, big: [1, null] },
    }));
    return Snapshot.of(connection, connection.slice(0, 3), items);
  });
