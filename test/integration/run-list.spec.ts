import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Outcome } from '../../src/domain/errors.ts';
import { foreign, instantOf } from '../../src/runs/kept-run.ts';
import type { RunPlace } from '../../src/runs/run-index.ts';
import { listRuns } from '../../src/runs/run-list.ts';
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
  labels: null,
  startedAfter: null,
  startedBefore: null,
  initiator: null,
  correlationId: null,
};

beforeAll(async () => {
  for (let at = 0; at < count; at += 1) {
    const shown = {
      nativeId: String(at),
      process: null,
      status: 'running' as const,
      upstreamStatus: 'running',
      initiator: null,
      createdAt: instantOf(at),
      startedAt: null,
      finishedAt: null,
      updatedAt: null,
      input: null,
      output: null,
      isOutputLong: false,
      error: null,
      labels: [],
      mark: null,
      form: null,
      native: {},
    };
    const outcome: Outcome | null = at % 10 === 0 ? 'unknown' : null;
    const doc = { ...foreign(connection, shown, at), outcome };
    const id = `erp:${at}`;
    await store.records.create({ id, doc, ledger: null, evidence: null });
    await store.index.add('erp', { createdAt: at, id });
  }
});

describe('a list of runs that takes long', () => {
  it('gives what it has found, and goes on where it was', async () => {
    const found: string[] = [];
    let pages = 0;
    let from: RunPlace | null = null;
    do {
      const filter = { ...everything, outcome: 'unknown' as const };
      const page = await listRuns(store, [connection], filter, { from, limit: 50 }, -1);
      found.push(...page.runs.map(({ id }) => id));
      from = page.next;
      pages += 1;
    } while (from !== null && pages <= count);
    expect(found).toEqual(['erp:20', 'erp:10', 'erp:0']);
    expect(pages).toBe(count);
  });
});
