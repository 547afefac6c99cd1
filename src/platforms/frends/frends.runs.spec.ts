import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts } from '../../domain/adapter.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { RunRecord } from '../../domain/run.ts';
import { frendsSandbox } from '../../sandbox/frends/frends.sandbox.ts';
import { type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { FrendsConnector } from './frends.module.ts';
import { shownBy } from '../many-runs.testing.ts';

/** The sandbox shows a run so long after its start. */
const shownAfterMs = 400;
const agentGroups = 5;

describe('the runs of Frends', () => {
  let sandbox: Sandbox;
  let parts: AdapterParts;
  const upstreams = new UpstreamFactory();
  const signal = (): AbortSignal => AbortSignal.timeout(10_000);

  const open = (): AdapterParts =>
    new FrendsConnector(upstreams).open({
      ...z.object(connectionFields).parse({ baseUrl: sandbox.url }),
      id: 'frends-eu',
      platform: 'frends',
      auth: { type: 'token', token: new Secret(() => 'sandbox-token') },
      pageSize: 7,
      blobHosts: [],
    }).parts as AdapterParts;
  const startMany = async (count: number, durationMs: number): Promise<void> => {
    const processes = await parts.processes.list(signal());
    const key = processes.find(({ name }) => name === 'Smoke test')?.key ?? '';
    const [deployment] = (await parts.deployments.list(key, signal())) ?? [];
    const place = `${sandbox.url}/api/v1/process-deployments/${deployment?.id ?? ''}/execute`;
    const start = (): Promise<Response> =>
      fetch(place, {
        method: 'POST',
        headers: { authorization: 'Bearer sandbox-token' },
        body: JSON.stringify({ durationMs: String(durationMs) }),
      });
    await pMap(Array.from({ length: count }), start, { concurrency: 20 });
    await sleep(shownAfterMs);
  };
  const since = (ms: number): Promise<readonly RunRecord[]> =>
    parts.runs.since(new Date(ms).toISOString(), signal());

  beforeAll(async () => {
    sandbox = await startSandbox(frendsSandbox);
  });
  beforeEach(() => {
    parts = open();
  });
  afterEach(() => {
    sandbox.faults.clear();
    sandbox.reset();
    sandbox.forget();
  });
  afterAll(async () => {
    await upstreams.onApplicationShutdown();
    await sandbox.close();
  });

  test('are those of all agent groups, failed ones among them with their reason', async () => {
    const runs = await since(Date.UTC(2026, 10, 1));
    expect(runs.length).toBeGreaterThan(20);
    expect(new Set(runs.map((run) => run.nativeId.split(':')[0])).size).toBeGreaterThan(1);
    const failed = runs.filter((run) => run.status === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    for (const { error } of failed) expect(error?.message).toContain('System.TimeoutException');
    expect(await since(Date.now() + 60_000)).toEqual([]);
  });

  test('are walked by token over all pages, and agent groups are asked for once', async () => {
    await startMany(410, 60_000);
    sandbox.forget();
    const paged = await since(Date.now() - 60_000);
    expect(new Set(paged.map((run) => run.nativeId)).size).toBe(410);
    const pages = sandbox.requests().filter((each) => each.includes('continuationToken='));
    expect(pages).toHaveLength(2);
    sandbox.forget();
    await since(Date.now());
    expect(sandbox.requests()).toHaveLength(agentGroups);
  });

  test('that are watched cost one call per agent group, however many they are', async () => {
    await startMany(30, 60_000);
    const runs = await since(Date.now() - 60_000);
    sandbox.forget();
    const polled = await shownBy(parts.runs.getMany(runs, signal()));
    expect(polled).toHaveLength(30);
    expect(polled.every((run) => run.status === 'running')).toBe(true);
    expect(sandbox.requests()).toHaveLength(1);
    expect(sandbox.requests()[0]).toContain('processGuids=');
  });

  test('that are old or of unknown age are asked for one by one', async () => {
    const runs = (await since(Date.UTC(2026, 10, 1))).slice(0, 4);
    sandbox.forget();
    const old = runs.map((run) => ({ ...run, createdAt: null }));
    expect(await shownBy(parts.runs.getMany(old, signal()))).toHaveLength(4);
    expect(sandbox.requests().every((each) => each.endsWith('/details'))).toBe(true);
  });

  test('are the same alone and in a list', async () => {
    for (const run of (await since(Date.UTC(2026, 10, 1))).slice(0, 10)) {
      const alone = await parts.runs.get(run.nativeId, signal());
      expect({ ...alone, native: null, initiator: null }).toEqual({
        ...run,
        native: null,
        initiator: null,
        whole: expect.objectContaining({ processName: expect.any(String) }),
      });
    }
  });

  test('whose pages repeat themselves are no list', async () => {
    const body = JSON.stringify({ data: [], nextContinuationToken: 'again' });
    const headers = { 'content-type': 'application/json' };
    sandbox.faults.add({
      path: '/instances/',
      fault: { kind: 'status', status: 200, headers, body },
    });
    await expect(since(0)).rejects.toMatchObject({ code: 'upstream_contract' });
  });

  test('of any shape are read or refused, never a crash', async () => {
    const row = fc.dictionary(
      fc.constantFrom('executionId', 'state', 'startTimeUtc', 'endTimeUtc', 'exception', 'id'),
      fc.oneof(fc.jsonValue(), fc.uuid(), fc.constant(null)),
    );
    const page = fc.record({ data: fc.array(row), nextContinuationToken: fc.constant(null) });
    await since(0);
    await fc.assert(
      fc.asyncProperty(fc.oneof(page, fc.jsonValue()), async (value) => {
        sandbox.faults.clear();
        const body = JSON.stringify(value);
        const headers = { 'content-type': 'application/json' };
        sandbox.faults.add({
          path: '/instances/',
          fault: { kind: 'status', status: 200, headers, body },
        });
        const error: unknown = await since(0).then(
          () => null,
          (caught: unknown) => caught,
        );
        if (error !== null) expect(error).toBeInstanceOf(GatewayError);
      }),
      { numRuns: 50 },
    );
  });
});
