import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CatalogueSource } from '../../src/catalogue/source.ts';
import type { ControlledList } from '../support/controlled-list.ts';
import { Replicas } from '../support/replicas.ts';

const replicas = new Replicas();
let erp: ControlledList;
/** What each walk was told: whether it may say that nothing has changed. */
let mayStay: boolean[];

beforeEach(() => {
  erp = replicas.list('erp', ['Invoices', 'Payroll']);
  mayStay = [];
});

/** A source that says so whenever it may. */
function lazy(): CatalogueSource {
  const source = erp.source();
  return {
    ...source,
    list: async (signal, may) => {
      mayStay.push(may);
      const items = await source.list(signal, may);
      return may ? null : items;
    },
  };
}

const forced = { cacheControl: 'no-cache' };

describe('a list that its upstream says is unchanged', () => {
  it('is kept as it is, and is as new as the walk', async () => {
    const a = await replicas.open([lazy()]);
    const before = await a.list();
    const { names, sources, etag } = await a.list(forced);
    expect(mayStay).toEqual([false, true]);
    expect([names, etag]).toEqual([before.names, before.etag]);
    expect(Date.parse(sources[0]?.asOf ?? '')).toBeGreaterThan(
      Date.parse(before.sources[0]?.asOf ?? ''),
    );
    expect(sources[0]).toMatchObject({ status: 'fresh', count: 2 });
  });

  it('is read whole where another process has found it changed meanwhile', async () => {
    const [a, b] = [await replicas.open([lazy()]), await replicas.open([lazy()])];
    await a.list();
    erp.names = ['Invoices', 'Travel'];
    await b.list(forced);
    expect((await a.list(forced)).names).toEqual(['Invoices', 'Travel']);
    expect(mayStay).toEqual([false, false, false]);
    await a.list(forced);
    expect(mayStay.at(-1)).toBe(true);
  });

  it('is read whole where this process has not kept it', async () => {
    const a = await replicas.open([lazy()], { memoryBytes: 1 });
    await a.list();
    expect((await a.list(forced)).names).toEqual(['Invoices', 'Payroll']);
    expect(mayStay).toEqual([false, false]);
  });
});
