import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts } from '../../domain/adapter.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { RunRecord } from '../../domain/run.ts';
import { type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { odslSandbox } from '../../sandbox/odsl/odsl.sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { OdslConnector } from './odsl.module.ts';
import { shownBy, sightingsIn } from '../many-runs.testing.ts';
import { linesIn } from '../lines.testing.ts';

describe('the runs of OpenDataDSL', () => {
  let sandbox: Sandbox;
  let parts: AdapterParts;
  const upstreams = new UpstreamFactory();
  const signal = (): AbortSignal => AbortSignal.timeout(10_000);

  const open = (): AdapterParts =>
    new OdslConnector(upstreams).open({
      ...z.object(connectionFields).parse({ baseUrl: `${sandbox.url}/api` }),
      id: 'odsl-eu',
      platform: 'odsl',
      auth: { type: 'token', token: new Secret(() => 'sandbox-token') },
      environment: 'production',
      startBody: 'input',
    }).parts as AdapterParts;
  const start = async (input: object, name = 'SMOKE_TEST'): Promise<void> => {
    await fetch(`${sandbox.url}/api/process-exec/v1?_reason=by+hand`, {
      method: 'POST',
      headers: { authorization: 'Bearer sandbox-token' },
      body: JSON.stringify({ name, input }),
    });
  };
  const startMany = async (count: number, input: object): Promise<void> => {
    for (let index = 0; index < count; index += 1) await start(input);
  };
  /** The sandbox calls a run triggered for so long. */
  const untilShown = (): Promise<void> => sleep(400);
  const since = (ms: number): Promise<readonly RunRecord[]> =>
    parts.runs.since(new Date(ms).toISOString(), signal());
  const lists = (): readonly string[] =>
    sandbox.requests().filter((each) => each.includes('/process-exec/v1?'));
  const answer = (path: string, body: unknown): void => {
    const total = Array.isArray(body) ? { 'x-total-count': String(body.length) } : {};
    const headers = { 'content-type': 'application/json', ...total };
    const fault = { kind: 'status', status: 200, headers, body: JSON.stringify(body) } as const;
    sandbox.faults.add({ method: 'GET', path, fault });
  };

  beforeAll(async () => {
    sandbox = await startSandbox(odslSandbox);
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

  test('are listed over all pages, each once, without their lines', async () => {
    await startMany(450, { durationMs: 1 });
    sandbox.forget();
    const runs = await since(Date.now() - 60_000);
    expect(new Set(runs.map((run) => run.nativeId)).size).toBe(450);
    expect(lists()).toHaveLength(3);
    expect(lists()[0]).toMatch(/start=range%28\d{4}-\d\d-\d\d%2C\d{4}-\d\d-\d\d%29/);
    expect(JSON.stringify(runs)).not.toContain('phases');
  });

  test('are read no further back than asked for', async () => {
    await startMany(450, { durationMs: 1 });
    await sleep(20);
    const from = Date.now();
    await start({ durationMs: 1 });
    sandbox.forget();
    expect(await since(from)).toHaveLength(1);
    expect(lists()).toHaveLength(1);
  });

  test('that still run cost one call, however many they are', async () => {
    await startMany(40, { durationMs: 60_000 });
    const runs = await since(Date.now() - 60_000);
    sandbox.forget();
    const polled = await shownBy(parts.runs.getMany(runs, signal()));
    expect(polled).toHaveLength(40);
    expect(sandbox.requests()).toHaveLength(1);
  });

  test('that have ended are read whole, and old ones one by one', async () => {
    await startMany(2, { durationMs: 60_000 });
    await start({ durationMs: 1, fail: true });
    await untilShown();
    const runs = await since(Date.now() - 60_000);
    sandbox.forget();
    const polled = await shownBy(parts.runs.getMany(runs, signal()));
    const failed = polled.find((run) => run.status === 'failed');
    expect(failed?.error?.message).toBe('The loader failed');
    expect(sandbox.requests()).toHaveLength(2);
    const alone = await parts.runs.get(failed?.nativeId ?? '', signal());
    expect(alone?.whole['phases']).toHaveLength(3);
    for (const native of [failed?.native, alone?.native])
      expect(native).not.toHaveProperty('phases');
    sandbox.forget();
    const old = runs.map((run) => ({ ...run, createdAt: '2026-01-01T00:00:00.000Z' }));
    expect(await shownBy(parts.runs.getMany(old, signal()))).toHaveLength(3);
    expect(lists()).toEqual([]);
  });

  test('are told though one of them cannot be read, or their list', async () => {
    await startMany(3, { durationMs: 1 });
    await untilShown();
    const [first, ...others] = await since(Date.now() - 60_000);
    const fault = { kind: 'status', status: 500 } as const;
    sandbox.faults.add({ path: 'process-exec/v1\\?', fault });
    sandbox.faults.add({ path: `process-exec/v1/${first?.native['_id'] as string}`, fault });
    const found = await sightingsIn(parts.runs.getMany([first!, ...others], signal()));
    expect(found.get(first?.nativeId ?? '')).toBeInstanceOf(GatewayError);
    expect(others.map(({ nativeId }) => found.get(nativeId))).toMatchObject([
      { status: 'succeeded' },
      { status: 'succeeded' },
    ]);
  });

  test('in pages that repeat themselves are no list', async () => {
    const row = { _id: 'a', start: new Date().toISOString() };
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify([row]);
    sandbox.faults.add({ path: 'exec', fault: { kind: 'status', status: 200, headers, body } });
    await expect(since(0)).rejects.toMatchObject({ code: 'upstream_contract' });
    expect(lists()).toHaveLength(2);
  });

  test('of a process that is called otherwise, or of none any more, are told apart', async () => {
    const row = { status: 'success', start: new Date().toISOString() };
    answer('process-exec/v1\\?', [
      { ...row, _id: 'a', name: 'Smoke test' },
      { ...row, _id: 'b', name: 'SMOKE_TEST' },
      { ...row, _id: 'c', name: 'GONE' },
      { ...row, _id: 'd' },
    ]);
    parts = open();
    const runs = await since(Date.now() - 60_000);
    expect(runs.map((run) => run.process)).toEqual(['SMOKE_TEST', 'SMOKE_TEST', null, null]);
    await since(Date.now() - 60_000);
    const names = sandbox.requests().filter((each) => each.includes('/process/v1?'));
    expect(names).toHaveLength(1);
    expect(names[0]).toContain('_project=name');
  });

  test('of any shape are read or refused, never a crash', async () => {
    const rows = fc.array(
      fc.record({
        _id: fc.oneof(fc.string(), fc.integer()),
        status: fc.oneof(fc.string(), fc.constant(null)),
        start: fc.oneof(
          fc.string(),
          fc.date({ noInvalidDate: true }).map((at) => at.toJSON()),
        ),
        phases: fc.jsonValue(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(rows, fc.jsonValue()), async (body) => {
        sandbox.faults.clear();
        answer('process-exec', body);
        const error: unknown = await since(0).then(
          () => null,
          (caught: unknown) => caught,
        );
        if (error !== null) expect(error).toBeInstanceOf(GatewayError);
      }),
      { numRuns: 60 },
    );
  });

  test('have a log once they are there', async () => {
    await start({ durationMs: 1 });
    await untilShown();
    const [run] = await since(Date.now() - 60_000);
    if (run === undefined || parts.log.kind !== 'lines') throw new Error('no run');
    const lines = await linesIn(await parts.log.lines(run, null, signal()));
    expect(lines?.[0]?.message).toMatch(/^\[extract\] extract: started for SMOKE_TEST/);
    expect(lines?.at(-1)?.message).toBe('Completed');
    expect(
      await linesIn(await parts.log.lines({ ...run, nativeId: 'none' }, null, signal())),
    ).toBeNull();
  });
});
