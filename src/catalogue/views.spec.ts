import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { everything } from './everything.testing.ts';
import { inOrder, matches, shown, valuesOf } from './plain-view.testing.ts';
import { facetFields } from './process-query.ts';
import { renderEnvelope, renderFacets, renderItems } from './render.ts';
import { Snapshot } from './snapshot.ts';
import { Views } from './views.ts';
import {
  arbitraryProcess,
  arbitraryProcesses,
  arbitraryQuery,
  arbitrarySort,
  connections,
  snapshotsOf,
} from './views.testing.ts';

const memoryBytes = 16 * 1_024 ** 2;

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
