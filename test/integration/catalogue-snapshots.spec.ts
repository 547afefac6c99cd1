import { describe, expect, it } from '@jest/globals';
import { Snapshot } from '../../src/catalogue/snapshot.ts';
import { ControlledList, processOf } from '../support/controlled-list.ts';
import { eventually } from '../support/eventually.ts';
import { Replicas } from '../support/replicas.ts';

const replicas = new Replicas();

/** A list of about as many bytes. */
function sized(connection: string, bytes: number, mark = ''): ControlledList {
  const list = new ControlledList(connection);
  list.processes = Array.from({ length: Math.ceil(bytes / 5_000) }, (_, n) =>
    processOf(connection, `Process ${n}`, { description: mark.padEnd(4_500, 'x') }),
  );
  return list;
}

describe('the byte limit', () => {
  const kilobyte = 1_024;

  it('refuses a list that would pass it, as its own problem; others go on', async () => {
    const [crm, erp] = [sized('crm', 50 * kilobyte), sized('erp', 100 * kilobyte)];
    const a = await replicas.over([crm, erp], { maxBytes: 120 * kilobyte });
    await a.list({ query: { connections: ['crm'] } });
    expect(await a.list()).toMatchObject({
      complete: false,
      sources: [
        { status: 'fresh', problem: null },
        {
          status: 'failed',
          problem: {
            code: 'store_unavailable',
            detail: expect.stringMatching(/list of erp takes \d+ bytes.*catalogue\.maxBytes/),
          },
        },
      ],
    });
    expect(await replicas.keys('*{erp}:snapshot:*')).toEqual([]);
  });

  it('leaves what was kept before to be served', async () => {
    const erp = sized('erp', 50 * kilobyte);
    const a = await replicas.over([erp], { maxBytes: 120 * kilobyte });
    const { names } = await a.list();
    erp.processes = sized('erp', 200 * kilobyte).processes;
    await a.cells.mark('erp');
    expect(await a.list()).toMatchObject({
      names,
      complete: true,
      sources: [{ status: 'stale', problem: { code: 'store_unavailable' } }],
    });
  });

  it('does not count twice what takes the place of another', async () => {
    const erp = sized('erp', 100 * kilobyte);
    const a = await replicas.over([erp], { maxBytes: 120 * kilobyte });
    for (const mark of ['first', 'second', 'third']) {
      erp.processes = sized('erp', 100 * kilobyte, mark).processes;
      await a.cells.mark('erp');
      const { data, sources } = await a.list();
      expect(sources).toMatchObject([{ status: 'fresh' }]);
      expect(data[0]!.description).toMatch(mark);
      // What was superseded is let go after a minute, and counts no longer then.
      await end(['first', 'second', 'third'].indexOf(mark) - 1);
    }
  });

  it('holds when every generation of a list is pinned by a cursor', async () => {
    const erp = sized('erp', 50 * kilobyte);
    const maxBytes = 180 * kilobyte;
    const a = await replicas.over([erp], { maxBytes });
    const statuses: string[] = [];
    for (let generation = 0; generation < 8; generation += 1) {
      erp.processes = sized('erp', 50 * kilobyte, `generation ${generation}`).processes;
      await a.cells.mark('erp');
      const { sources, page } = await a.list({ limit: 1 });
      expect(page.nextCursor).not.toBeNull();
      statuses.push(sources[0]!.status);
    }
    expect(statuses.slice(0, 3)).toEqual(['fresh', 'fresh', 'fresh']);
    expect(statuses.at(-1)).toBe('stale');
    const sizes = await Promise.all(
      (await replicas.keys('*:snapshot:*')).map((key) =>
        replicas.redis.client.memory('USAGE', key, 'SAMPLES', 0),
      ),
    );
    // The one whose place the newest took is not counted.
    expect(sizes.reduce<number>((sum, size) => sum + Number(size), 0)).toBeLessThan(
      maxBytes + 70 * kilobyte,
    );
    await end(0);
    await a.cells.mark('erp');
    expect((await a.list({ limit: 1 })).sources[0]!.status).toBe('fresh');
  });

  it('forgets the list of a connection that is not configured any more', async () => {
    const [crm, erp] = [sized('crm', 100 * kilobyte), sized('erp', 100 * kilobyte)];
    await (await replicas.over([crm], { maxBytes: 150 * kilobyte })).list();
    await end(0);
    const a = await replicas.over([erp], { maxBytes: 150 * kilobyte });
    expect((await a.list()).sources).toMatchObject([{ connection: 'erp', status: 'fresh' }]);
    expect(Object.keys(await replicas.redis.client.hgetall(a.keys.sizes))).toHaveLength(1);
  });

  /** The snapshot that was noted as the n-th has lived for as long as it was to. */
  async function end(n: number): Promise<void> {
    const key = `${replicas.prefix}:catalogue:sizes`;
    const [field, note] = Object.entries(await replicas.redis.client.hgetall(key))[n] ?? [];
    if (field === undefined || note === undefined) return;
    await replicas.redis.client.hset(key, field, note.replace(/:\d+$/, ':1'));
  }
});

describe('a snapshot in Redis', () => {
  it('has an end from its first byte on, though its writer dies in the middle', async () => {
    const erp = sized('erp', 30 * 1_024 ** 2);
    const a = await replicas.over([erp], { deadlineMs: 60_000 });
    const script = `
      local key = redis.call('KEYS', ARGV[1])[1]
      return key and { redis.call('PTTL', key), redis.call('HEXISTS', key, 'count') } or {}`;
    a.list().catch(() => undefined);
    const [left, isWhole] = await eventually(async () => {
      const seen = await replicas.redis.client.eval(script, 0, `${replicas.prefix}:*:snapshot:*`);
      expect(seen).toHaveLength(2);
      return seen as [number, number];
    });
    a.die();
    expect(isWhole).toBe(0);
    expect(left).toBeGreaterThan(0);
    // Whoever reads the list then writes it whole.
    await replicas.redis.client.unlink(a.keys.lease({ connection: 'erp', what: 'list' }));
    const b = await replicas.over([erp], { deadlineMs: 60_000 });
    const { page } = await b.list();
    const c = await replicas.over([erp], { deadlineMs: 60_000 });
    expect((await c.list()).page.total).toBe(page.total);
    expect(erp.walks).toBe(2);
  }, 60_000);

  it('is the same for another replica, byte by byte', async () => {
    const erp = sized('erp', 3 * 1_024 ** 2);
    const [a, b] = [await replicas.over([erp]), await replicas.over([erp])];
    await a.list();
    const [key] = await replicas.keys('*:snapshot:*');
    const id = key!.split(':').at(-1)!;
    const made = (await a.snapshots.get('erp', 'erp', id))!;
    const loaded = (await b.snapshots.get('erp', 'erp', id))!;
    expect(loaded).not.toBe(made);
    expect(loaded.chunks).toEqual(made.chunks);
    expect(loaded.columns).toEqual(made.columns);
  });

  it('of one connection is not that of another, though both are empty', async () => {
    const lists = [new ControlledList('crm'), new ControlledList('erp')];
    const a = await replicas.over(lists);
    expect((await a.list()).sources).toMatchObject([{ count: 0 }, { count: 0 }]);
    const { id } = Snapshot.of('crm', 'crm', []);
    expect((await a.snapshots.get('crm', 'crm', id))?.connection).toBe('crm');
    expect((await a.snapshots.get('erp', 'erp', id))?.connection).toBe('erp');
    expect(await a.snapshots.get('hr', 'hr', id)).toBeNull();
  });

  it('is found by a key of its list, without asking the upstream', async () => {
    const erp = new ControlledList('erp', ['Invoices', 'Payroll']);
    const [a, b] = [await replicas.over([erp]), await replicas.over([erp])];
    expect(await a.catalogue.entry('erp', 'Payroll')).toBeNull();
    await a.list();
    for (const each of [a, b]) {
      const entry = await each.catalogue.entry('erp', 'Payroll');
      expect(entry?.process).toMatchObject({ id: 'erp:Payroll', native: null });
      expect(await each.catalogue.entry('erp', 'Other')).toBeNull();
      expect(await each.catalogue.entry('hr', 'Payroll')).toBeNull();
    }
    expect(erp.walks).toBe(1);
  });
});
