import { describe, expect, it } from '@jest/globals';
import type { ListOperationsQuery } from '../../src/operations/operation.query.ts';
import { OperationStage, tagged } from '../support/operation-stage.ts';

const stage = new OperationStage();

/** Accepts so many, one after the other; their ids, the newest first. */
async function accepted(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at += 1) ids.unshift(await stage.accept());
  return ids;
}

async function idsOf(query: ListOperationsQuery = {}): Promise<readonly string[]> {
  return (await stage.service.list(query)).data.map(({ id }) => id);
}

/** Every id of a list, page by page; `between` is done before each page but the first. */
async function walked(
  query: Pick<ListOperationsQuery, 'limit' | 'status'>,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ;) {
    const more = cursor === undefined ? {} : { cursor };
    const { data, page } = await stage.service.list({ ...query, ...more });
    ids.push(...data.map(({ id }) => id));
    if (page.nextCursor === null) return ids;
    cursor = page.nextCursor;
    await between();
  }
}

describe('the list of operations', () => {
  it('is empty where there are none', async () => {
    const { data, page } = await stage.service.list({});
    expect([data, page]).toEqual([[], { nextCursor: null, total: null }]);
  });

  it('shows the newest first, and each as it stands', async () => {
    const ids = await accepted(3);
    await stage.until(ids[1] ?? '');
    const { data } = await stage.service.list({});
    expect(data.map(({ id, status }) => [id, status])).toEqual([
      [ids[0], 'queued'],
      [ids[1], 'succeeded'],
      [ids[2], 'queued'],
    ]);
  });

  it('shows by each of its filters what they name, and nothing else', async () => {
    const [open = '', done = '', cancelled = ''] = await accepted(3);
    const other = await stage.accept({ kind: 'rollback' });
    await stage.until(done);
    await stage.service.cancel(cancelled, 'request-1');
    const found = await Promise.all([
      idsOf({ kind: ['rollback'] }),
      idsOf({ kind: ['rollback', 'tag_version'], final: false }),
      idsOf({ status: ['cancelled', 'succeeded'] }),
      idsOf({ final: true }),
      idsOf({ outcome: 'applied' }),
      idsOf({ outcome: 'unknown', final: true }),
      idsOf({ connection: ['erp'] }),
    ]);
    expect(found).toEqual([
      [other],
      [other, open],
      [done, cancelled],
      [done, cancelled],
      [done],
      [],
      [other, open, done, cancelled],
    ]);
  });

  it('refuses a connection that there is none of, naming it', async () => {
    await expect(stage.service.list({ connection: ['erp', 'nowhere'] })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { errors: [{ at: 'connection' }] },
    });
  });

  it('has no further page where the last one is full', async () => {
    await accepted(4);
    expect((await stage.service.list({ limit: 4 })).page.nextCursor).toBeNull();
    expect((await stage.service.list({ limit: 3 })).page.nextCursor).not.toBeNull();
  });
});

describe('operations with much to say', () => {
  const items = Array.from({ length: 1_000 }, () => tagged);

  it('end a page by what they say, and are all seen', async () => {
    stage.change.prepare = () => Promise.resolve({ evidence: {}, items });
    const ids = await accepted(12);
    const { data } = await stage.service.list({});
    expect(data.map(({ id }) => id)).toEqual(ids.slice(0, 5));
    expect(await walked({})).toEqual(ids);
  });

  it.each([
    [1, 2],
    [3, 4],
    [200, 25],
  ])('are read no more at once than a page of %i takes, or %i', async (limit, most) => {
    await accepted(30);
    const { records } = stage.store;
    const read: number[] = [];
    const readMany = records.readMany.bind(records);
    records.readMany = (ids) => {
      read.push(ids.length);
      return readMany(ids);
    };
    expect(await idsOf({ limit })).toHaveLength(Math.min(limit, 30));
    expect(Math.max(...read)).toBe(most);
    expect(read.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(Math.max(most, 30));
  });
});

describe('a walk over the list', () => {
  it('sees all that stood from the beginning, once, while new ones come', async () => {
    const ids = await accepted(7);
    const seen = await walked({ limit: 2 }, () => accepted(3));
    expect(seen).toEqual(ids);
  });

  it('sees each of those that were made in the same millisecond once', async () => {
    const ids = await accepted(6);
    const { key } = stage.store.index;
    for (const id of ids) await stage.redis.client.zadd(key, 1_700_000_000_000, id);
    expect(await walked({ limit: 2 })).toEqual([...ids].sort().reverse());
  });

  it('goes on behind those that do not match', async () => {
    const ids = await accepted(6);
    for (const at of [0, 3, 5]) await stage.service.cancel(ids[at] ?? '', 'request-1');
    const seen = await walked({ limit: 1, status: ['cancelled'] });
    expect(seen).toEqual([ids[0], ids[3], ids[5]]);
  });

  it('goes on over more than is read at once', async () => {
    const ids = await accepted(205);
    await stage.service.cancel(ids[204] ?? '', 'request-1');
    expect(await walked({ status: ['cancelled'] })).toEqual([ids[204]]);
    expect(await walked({ limit: 200 })).toEqual(ids);
  });

  it('goes on with another limit, and is refused with other filters', async () => {
    const ids = await accepted(4);
    const { page } = await stage.service.list({ limit: 1, final: false });
    const cursor = page.nextCursor ?? '';
    expect(await idsOf({ cursor, limit: 2, final: false })).toEqual([ids[1], ids[2]]);
    for (const other of [{}, { final: true }, { final: false, kind: ['rollback' as const] }])
      await expect(stage.service.list({ ...other, cursor })).rejects.toMatchObject({
        code: 'invalid_request',
        details: { errors: [{ at: 'cursor' }] },
      });
    await expect(stage.service.list({ final: false, cursor: `${cursor}x` })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});

describe('operations whose records have expired', () => {
  it('are passed over, and forgotten', async () => {
    const ids = await accepted(5);
    const gone = [ids[1] ?? '', ids[3] ?? ''];
    await Promise.all(gone.map((id) => stage.store.records.remove(id)));
    const { key } = stage.store.index;
    expect(await stage.redis.client.zcard(key)).toBe(5);
    expect(await walked({ limit: 2 })).toEqual([ids[0], ids[2], ids[4]]);
    expect(await stage.redis.client.zrange(key, '0', '-1')).toEqual([ids[4], ids[2], ids[0]]);
  });

  it.each([
    [450, 1],
    [10_100, 2],
  ])('do not hide those behind %i of them, which takes %i pages', async (count, pages) => {
    const id = await stage.accept();
    const { key } = stage.store.index;
    const now = Date.now();
    const expired = stage.redis.client.pipeline();
    for (let at = 1; at <= count; at += 1) expired.zadd(key, now + at, `op-gone-${at}`);
    await expired.exec();
    let walkedPages = 1;
    const seen = await walked({}, () => Promise.resolve((walkedPages += 1)));
    expect([seen, walkedPages]).toEqual([[id], pages]);
    expect(await stage.redis.client.zcard(key)).toBe(1);
  });

  it('expire 30 days after their end, and not before that', async () => {
    const id = await stage.accept();
    const key = `${stage.store.index.key.replace('operations:ordered', 'operation')}:{${id}}`;
    expect(await stage.redis.client.pttl(key)).toBe(-1);
    await stage.until(id);
    const days = (await stage.redis.client.pttl(key)) / (24 * 3_600_000);
    expect(days).toBeGreaterThan(29);
    expect(days).toBeLessThanOrEqual(30);
  });
});
