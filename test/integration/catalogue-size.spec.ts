import { describe, expect, it } from '@jest/globals';
import { everything } from '../../src/catalogue/everything.testing.ts';
import { ControlledList, processOf } from '../support/controlled-list.ts';
import type { Replica } from '../support/replica.ts';
import { Replicas } from '../support/replicas.ts';

const replicas = new Replicas();

describe('fifty thousand processes on four connections', () => {
  const lists = ['a', 'b', 'c', 'd'].map((connection) => {
    const list = new ControlledList(connection);
    list.processes = Array.from({ length: 12_500 }, (_, n) =>
      processOf(connection, `Process ${(n * 7_919) % 12_500}`, {
        labels: [`team ${n % 7}`],
        enabled: n % 3 === 0,
      }),
    );
    return list;
  });

  it('list, filter, sort and page at the price of the page once a query is known', async () => {
    const a = await replicas.over(lists, { deadlineMs: 60_000 });
    await a.list({ limit: 1 });
    const looks = await watch(a);
    const query = { q: 'process 1', sort: [{ field: 'updatedAt', descending: true }] } as const;
    const first = await a.list({ query, limit: 50 });
    expect(looks.columns()).toBeGreaterThan(50_000);
    expect(looks.items()).toBe(50);
    expect(first.page.total).toBeGreaterThan(10_000);
    let page = first;
    for (let n = 0; n < 5; n += 1) {
      page = await a.list({ query, limit: 40, cursor: page.page.nextCursor });
      expect(looks.items()).toBe(40);
    }
    // Another page size and other members of the same matches; a list of everything that was merged before.
    await a.list({ query, limit: 7 });
    await a.list({ query: everything, limit: 3 });
    await a.list({ query: everything, limit: 3 });
    expect(looks.items()).toBe(10);
    expect(looks.columns()).toBe(0);
  }, 60_000);

  it('cost one sort of what has changed, not of all', async () => {
    const a = await replicas.over(lists, { deadlineMs: 60_000 });
    await a.list({ limit: 1 });
    lists[0]!.processes = lists[0]!.processes.slice(1);
    await a.cells.mark('a');
    await a.list({ query: { connections: ['a'] }, limit: 1 });
    const looks = await watch(a);
    await a.list({ limit: 2 });
    // To merge n items of four sorted lists takes about four comparisons each, to sort them sixteen.
    const columns = looks.columns();
    expect(columns).toBeLessThan(50_000 * 4 * 4);
    expect(columns).toBeGreaterThan(50_000);
  }, 60_000);

  /** Counts looks at columns, and items cut out, since the last count. */
  async function watch(a: Replica): Promise<{ columns: () => number; items: () => number }> {
    const seen = { columns: 0, items: 0 };
    for (const { connection } of lists) {
      const { cells } = await a.cells.read([{ connection, what: 'list' }]);
      const { snapshot: id } = JSON.parse(cells[0]!.value!.toString()) as { snapshot: string };
      const snapshot = (await a.snapshots.get(connection, connection, id))!;
      const watched = Object.entries(snapshot.columns).map(([name, column]) => [
        name,
        new Proxy(column as object, {
          get: (target, property, receiver) => {
            if (/^\d+$/.test(String(property))) seen.columns += 1;
            return Reflect.get(target, property, receiver) as unknown;
          },
        }),
      ]);
      const item = snapshot.item.bind(snapshot);
      Object.defineProperty(snapshot, 'columns', { value: Object.fromEntries(watched) });
      Object.defineProperty(snapshot, 'item', {
        value: (index: number) => {
          seen.items += 1;
          return item(index);
        },
      });
    }
    const taken = (name: keyof typeof seen) => () => {
      const count = seen[name];
      seen[name] = 0;
      return count;
    };
    return { columns: taken('columns'), items: taken('items') };
  }
});
