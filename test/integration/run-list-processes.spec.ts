import { beforeEach, describe, expect, it } from '@jest/globals';
import { defaultDemand } from '../../src/catalogue/freshness.ts';
import type { GatewayConfig } from '../../src/config/gateway.config.ts';
import type { Connection } from '../../src/connections/connection.ts';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import type { Resolution } from '../../src/domain/adapter.ts';
import { UpstreamTimeoutError } from '../../src/domain/errors.ts';
import { ProcessReads } from '../../src/processes/process-reads.ts';
import { erpRun } from '../../src/runs/erp-run.testing.ts';
import { foreign, instantOf } from '../../src/runs/kept-run.ts';
import { RunFilters } from '../../src/runs/list/run-filters.ts';
import { RunListService } from '../../src/runs/list/run-list.service.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { RunWindow } from '../../src/runs/list/run-window.ts';
import { erpWith, shows } from '../support/erp.ts';
import { eventually } from '../support/eventually.ts';
import { Replicas } from '../support/replicas.ts';

const replicas = new Replicas();
/** No page looks through so many. */
const many = 20_001;
const config = { catalogue: { deadline: 10_000 } } as GatewayConfig;
const late = new UpstreamTimeoutError('The ERP did not answer in time.');

let connection: Connection;
let store: RunStore;
let lists: RunListService;
/** What `bills` means; an error where the ERP cannot say it. */
let meant: Resolution | null | Error;

beforeEach(async () => {
  meant = late;
  connection = erpWith({
    processes: {
      list: () => Promise.resolve([]),
      get: () => Promise.resolve(null),
      resolve: () => (meant instanceof Error ? Promise.reject(meant) : Promise.resolve(meant)),
    },
    runs: {
      get: () => Promise.resolve(null),
      getMany: () => shows([]),
      since: () => Promise.resolve([]),
    },
  });
  const replica = await replicas.open([]);
  store = new RunStore(replicas.redis.client, replicas.prefix);
  const registry = new ConnectionRegistry([connection]);
  const filters = new RunFilters(
    registry,
    new ProcessReads(registry, replica.catalogue, replica.reads),
  );
  const window = new RunWindow(store, replica.reads);
  lists = new RunListService(filters, store, window, replica.seal, config);
});

async function put(process: string, createdAt: number): Promise<void> {
  const shown = erpRun({ nativeId: String(createdAt), process, createdAt: instantOf(createdAt) });
  const [id, doc] = [`erp:${createdAt}`, foreign(connection, shown, createdAt)];
  await store.records.create({ id, doc, ledger: null, evidence: null });
  await store.index.add('erp', { createdAt, id });
}

/** Puts a run before and one behind more of them than a page looks through, whose records are not kept any more. */
async function putFarApart(process: string): Promise<void> {
  await put(process, 0);
  await put(process, many + 1);
  const places = Array.from({ length: many }, (_, at) => ({ createdAt: at + 1, id: `gone${at}` }));
  await store.index.addMany('erp', places);
}

/** The ids on a page of the runs of `bills`, and what gives the next one. */
async function page(
  cursor: string | null,
  limit = 50,
): Promise<{ ids: string[]; next: string | null }> {
  const query = { process: 'erp:bills', limit, ...(cursor === null ? {} : { cursor }) };
  const { data, page: at } = await lists.list(query, defaultDemand);
  return { ids: data.map(({ id }) => id), next: at.nextCursor };
}

/** The ids on all pages from a cursor on. */
async function rest(cursor: string | null, limit?: number): Promise<string[]> {
  const all: string[] = [];
  for (let next = cursor; next !== null;) {
    const got = await page(next, limit);
    all.push(...got.ids);
    next = got.next;
  }
  return all;
}

describe('a walk over the runs of a process that its platform does not name', () => {
  it('has all of them once it can', async () => {
    await putFarApart('invoices');
    const first = await page(null);
    expect(first).toEqual({ ids: [], next: expect.any(String) });
    meant = { key: 'invoices', version: null };
    // What failed is not asked again at once.
    expect(await eventually(() => rest(first.next))).toEqual([`erp:${many + 1}`, 'erp:0']);
  });

  it('ends with what is wrong when it never can', async () => {
    await putFarApart('invoices');
    const { next } = await page(null);
    await expect(rest(next)).rejects.toMatchObject({ code: 'upstream_timeout' });
  });

  it('has those of one that is gone', async () => {
    meant = null;
    await put('invoices', 0);
    for (const createdAt of [1, 2, 3]) await put('bills', createdAt);
    const { ids, next } = await page(null, 1);
    expect([...ids, ...(await rest(next, 1))]).toEqual(['erp:3', 'erp:2', 'erp:1']);
  });
});
