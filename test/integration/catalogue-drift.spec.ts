import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SortKey } from '../../src/catalogue/process-query.ts';
import type { Process } from '../../src/domain/process.ts';
import { ControlledList, processOf } from '../support/controlled-list.ts';
import type { Listed, Replica } from '../support/replica.ts';
import { Replicas } from '../support/replicas.ts';

const replicas = new Replicas();
const crm = new ControlledList('crm');
const erp = new ControlledList('erp');
const replica = (): Promise<Replica> => replicas.over([crm, erp]);

describe('a walk by cursor', () => {
  it('sees every item that stood throughout exactly once, whatever changes between its pages', async () => {
    const [a, b] = [await replica(), await replica()];
    const both = [a, b];
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryItem, { minLength: 1, maxLength: 25 }),
        fc.constantFrom(...orders),
        fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
        fc.array(fc.array(arbitraryChange, { maxLength: 4 }), { minLength: 8, maxLength: 8 }),
        async (items, sort, limits, changes) => {
          fill(items);
          await Promise.all([a.cells.mark('crm'), a.cells.mark('erp')]);
          const standing = new Set([...crm.processes, ...erp.processes].map(({ id }) => id));
          const seen: Process[] = [];
          let page: Listed | null = null;
          for (let turn = 0; page?.page.nextCursor !== null; turn += 1) {
            const [limit] = limits.take(1);
            const cursor: string | null = page?.page.nextCursor ?? null;
            page = await both[turn % 2]!.list({ limit: limit!, cursor, query: { sort } });
            seen.push(...page.data);
            expect(page.complete).toBe(true);
            for (const change of changes[turn % 8]!) await apply(change, both, standing);
          }
          const ids = seen.map(({ id }) => id);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids).toEqual(expect.arrayContaining([...standing]));
          expect(ids).toEqual(seen.toSorted(comparing(sort)).map(({ id }) => id));
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  const orders: SortKey[][] = [
    [{ field: 'name', descending: false }],
    [{ field: 'name', descending: true }],
    [{ field: 'connection', descending: true }],
    [
      { field: 'updatedAt', descending: true },
      { field: 'name', descending: false },
    ],
  ];
  const arbitraryName = fc.constantFrom('alpha', 'Beta', 'beta', 'gamma', 'Ünal', 'zeta');
  const arbitraryItem = fc.record({
    list: fc.constantFrom('crm', 'erp'),
    name: arbitraryName,
    updatedAt: fc.constantFrom(null, '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'),
  });
  type Item = typeof arbitraryItem extends fc.Arbitrary<infer T> ? T : never;
  const arbitraryChange = fc.oneof(
    fc.record({ kind: fc.constant('insert' as const), item: arbitraryItem }),
    fc.record({ kind: fc.constant('delete' as const), at: fc.nat() }),
    fc.record({ kind: fc.constant('rename' as const), at: fc.nat(), name: arbitraryName }),
    fc.record({ kind: fc.constant('refresh' as const), at: fc.nat() }),
  );
  type Change = typeof arbitraryChange extends fc.Arbitrary<infer T> ? T : never;
  let made = 0;

  function fill(items: readonly Item[]): void {
    crm.processes = [];
    erp.processes = [];
    items.forEach(insert);
  }

  function insert({ list, name, updatedAt }: Item): void {
    const target = list === 'crm' ? crm : erp;
    made += 1;
    const process = processOf(list, name, { key: `k${made}`, updatedAt });
    target.processes = [...target.processes, process];
  }

  async function apply(
    change: Change,
    both: readonly Replica[],
    standing: Set<string>,
  ): Promise<void> {
    if (change.kind === 'insert') {
      insert(change.item);
      return;
    }
    const target = change.at % 2 === 0 ? crm : erp;
    if (change.kind === 'refresh') {
      await both[change.at % 2]!.cells.mark(target.connection);
      await both[Math.floor(change.at / 2) % 2]!.list();
      return;
    }
    const place = change.at % Math.max(target.processes.length, 1);
    const meant = target.processes[place];
    if (meant === undefined) return;
    standing.delete(meant.id);
    target.processes = target.processes.flatMap((process) => {
      if (process !== meant) return [process];
      return change.kind === 'delete' ? [] : [{ ...process, name: change.name }];
    });
  }

  /** As the words of the API have it: nulls last, names whatever their case, the id breaks ties. */
  function comparing(sort: readonly SortKey[]): (a: Process, b: Process) => number {
    return (a, b) => {
      for (const { field, descending } of sort) {
        const [left, right] = [a, b].map((each) =>
          field === 'name' ? each.name.toLowerCase() : each[field],
        );
        if (left === right) continue;
        if (left === null || left === undefined) return 1;
        if (right === null || right === undefined) return -1;
        return left < right !== descending ? -1 : 1;
      }
      return a.id < b.id ? -1 : 1;
    };
  }
});
