import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Outcome } from '../../src/domain/errors.ts';
import { erpRun } from '../../src/runs/erp-run.testing.ts';
import { foreign, instantOf } from '../../src/runs/kept-run.ts';
import type { RunPlace } from '../../src/runs/run-index.ts';
import { listRuns, type RunFilter } from '../../src/runs/list/run-list.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { erpWith } from '../support/erp.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('list');
afterAll(() => redis.close());

const connection = erpWith({});
const store = new RunStore(redis.client, redis.prefix);
const count = 30;
const everything = {
  process: null,
  statuses: null,
  final: null,
  outcome: null,
  labels: null,
  startedAfter: null,
  startedBefore: null,
  initiator: null,
  correlationId: null,
};

beforeAll(async () => {
  for (let at = 0; at < count; at += 1) {
    const shown = erpRun({ nativeId: String(at), process: null, createdAt: instantOf(at) });
    const isOne = at % 10 === 0;
    const outcome: Outcome | null = isOne ? 'unknown' : null;
    const doc = { ...foreign(connection, shown, at), outcome, labels: isOne ? ['tenth'] : [] };
    const id = `erp:${at}`;
    await store.records.create({ id, doc, ledger: null, evidence: null });
    await store.index.add('erp', { createdAt: at, id });
  }
});

/** Ids of all that a filter finds, in pages that take so long that each looks at one run. */
async function found(filter: RunFilter): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let pages = 0;
  let from: RunPlace | null = null;
  do {
    const page = await listRuns(store, [connection], filter, { from, limit: 50 }, -1);
    ids.push(...page.runs.map(({ id }) => id));
    from = page.next;
    pages += 1;
  } while (from !== null && pages <= count);
  return { ids, pages };
}

describe('a list of runs that takes long', () => {
  it('gives what it has found, and goes on where it was', async () => {
    const { ids, pages } = await found({ ...everything, labels: ['tenth'] });
    expect(ids).toEqual(['erp:20', 'erp:10', 'erp:0']);
    expect(pages).toBe(count);
  });
});

describe('a list of runs that began before a moment', () => {
  it('has those whose platform says so, though its clock is behind', async () => {
    const madeAt = Date.parse('2026-11-20T12:00:00.000Z');
    const behind = { id: 'behind', platform: { name: 'erp' } };
    const shown = erpRun({
      nativeId: '1',
      createdAt: instantOf(madeAt),
      startedAt: instantOf(madeAt - 30_000),
    });
    const doc = foreign(behind, shown, madeAt);
    await store.records.create({ id: 'behind:1', doc, ledger: null, evidence: null });
    await store.index.add('behind', { createdAt: madeAt, id: 'behind:1' });
    const idsBefore = async (startedBefore: number): Promise<string[]> => {
      const filter = { ...everything, startedBefore };
      const { runs } = await listRuns(store, [behind], filter, { from: null, limit: 50 });
      return runs.map(({ id }) => id);
    };
    expect(await idsBefore(madeAt - 10_000)).toEqual(['behind:1']);
    expect(await idsBefore(madeAt - 30_000)).toEqual([]);
  });
});

describe('the list of runs in doubt', () => {
  const doubt = { ...everything, outcome: 'unknown' } as const;

  it('looks at no others, and has those that are in doubt now', async () => {
    expect(await found(doubt)).toEqual({ ids: ['erp:20', 'erp:10', 'erp:0'], pages: 3 });
    await store.records.change('erp:10', ({ doc }) => ({ doc: { ...doc, outcome: 'applied' } }));
    await store.records.change('erp:15', ({ doc }) => ({ doc: { ...doc, outcome: 'unknown' } }));
    await store.records.change('erp:20', ({ doc }) => ({ doc: { ...doc, form: 'https://x' } }));
    await store.records.change('erp:0', ({ ledger }) => (ledger === null ? {} : null));
    expect(await found(doubt)).toEqual({ ids: ['erp:20', 'erp:15', 'erp:0'], pages: 3 });
  });

  it('forgets those that are not kept any more', async () => {
    await store.records.remove('erp:20');
    expect((await found(doubt)).ids).not.toContain('erp:20');
    const span = { from: 0, until: count };
    const places = await store.index.between('erp', span, 0, count, 'doubted');
    expect(places.map(({ id }) => id)).not.toContain('erp:20');
  });
});
