import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { RunRef } from '../../domain/run.ts';
import { ConcordRunLists } from './concord.run-lists.ts';
import type { RunLists } from './concord.run-pages.ts';
import { runWire, type RunWire } from './concord.wire.ts';

const process = 'Default:platform-checks:main:x';
const minuteMs = 60_000;
const now = Date.parse('2026-11-20T12:00:00.000Z');

/** Runs that were created so many minutes ago, as `minutes` says of each. */
function runs(count: number, minutes: (index: number) => number, mark = 'r-'): RunWire[] {
  return Array.from({ length: count }, (_, index) =>
    runWire.parse({
      instanceId: randomUUID(),
      status: 'RUNNING',
      createdAt: new Date(now - minutes(index) * minuteMs).toISOString(),
      meta: { gatewayRunId: `${mark}${randomUUID()}` },
    }),
  );
}

const at = ({ createdAt }: RunWire): number => Date.parse(createdAt ?? '');

/** A server that has these runs; `lists` counts how often it was asked for a list. */
function server(all: readonly RunWire[]): RunLists & { lists: number } {
  const newestFirst = [...all].sort((a, b) => at(b) - at(a));
  return {
    lists: 0,
    listRuns(query) {
      this.lists += 1;
      const after = Date.parse(String(query['afterCreatedAt']));
      const before = Date.parse(String(query['beforeCreatedAt'] ?? '2100-01-01T00:00:00Z'));
      const prefix = query['meta.gatewayRunId.startsWith'] ?? '';
      const shown = newestFirst.filter(
        (run) =>
          at(run) > after &&
          at(run) < before &&
          String(run.meta?.['gatewayRunId']).startsWith(String(prefix)),
      );
      const offset = Number(query['offset']);
      return Promise.resolve(shown.slice(offset, offset + Number(query['limit'])));
    },
  };
}

const refs = (all: readonly RunWire[], lateMs = 0): RunRef[] =>
  all.map((run) => ({
    nativeId: run.instanceId,
    process,
    createdAt: new Date(at(run) - lateMs).toISOString(),
  }));

async function look(lists: ConcordRunLists, wanted: readonly RunRef[]): Promise<number> {
  const found = new Map<string, RunWire>();
  await lists.find(wanted, found, { concurrency: 5, signal: AbortSignal.timeout(20_000) });
  return found.size;
}

describe('the lists of a project', () => {
  test('show what is live behind younger runs that have ended', async () => {
    const live = runs(50, (index) => 60 + index / 10);
    const client = server([...live, ...runs(300, (index) => 56 + index / 100)]);
    expect(await look(new ConcordRunLists(client), refs(live))).toBe(50);
    expect(client.lists).toBeLessThanOrEqual(5);
  });

  test('are not read where they lie between what is looked for', async () => {
    const young = runs(50, () => 1);
    const old = runs(50, () => 1_000);
    const client = server([...young, ...runs(5_000, (index) => 2 + index / 6), ...old]);
    expect(await look(new ConcordRunLists(client), refs([...young, ...old]))).toBe(100);
    expect(client.lists).toBeLessThanOrEqual(3);
  });

  test('are given up where it is cheaper to read the runs one by one', async () => {
    const wanted = runs(20, (index) => index * 60);
    const client = server([...wanted, ...runs(20_000, (index) => index / 16)]);
    await look(new ConcordRunLists(client), refs(wanted));
    // Those that bear a mark, and what is left of them among everything.
    expect(client.lists).toBeLessThanOrEqual(8);
    const alone = server(runs(2_000, (index) => index));
    await look(new ConcordRunLists(alone), refs(runs(1, () => 0)));
    expect(alone.lists).toBe(0);
  });

  test('are walked though some of what is looked for is gone', async () => {
    const [gone, live] = [runs(40, () => 0), runs(50, () => 100)];
    const client = server([...live, ...runs(3_000, (index) => 1 + index / 40)]);
    expect(await look(new ConcordRunLists(client), refs([...gone, ...live]))).toBe(50);
    expect(client.lists).toBeLessThanOrEqual(6);
  });

  test('show what came much later than it was sent, once it was read', async () => {
    const live = runs(50, () => 1);
    const client = server(live);
    const lists = new ConcordRunLists(client);
    const wanted = refs(live, 60 * minuteMs);
    expect(await look(lists, wanted)).toBe(0);
    for (const run of live) lists.learn(run);
    client.lists = 0;
    expect(await look(lists, wanted)).toBe(50);
    expect(client.lists).toBe(1);
  });

  test('show marked and other runs, each list asked for what it has', async () => {
    const [own, foreign] = [runs(300, () => 10), runs(300, () => 10, 'x-')];
    const client = server([...own, ...foreign]);
    const lists = new ConcordRunLists(client);
    expect(await look(lists, refs([...own, ...foreign]))).toBe(600);
    client.lists = 0;
    expect(await look(lists, refs(own))).toBe(300);
    expect(client.lists).toBe(2);
  });
});
