import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts, PlatformAdapter } from '../../domain/adapter.ts';
import type { Native } from '../../domain/native.ts';
import type { StartReceipt, StartRequest } from '../../domain/run.ts';
import type { Reconciliation, SentWindow } from '../../domain/write.ts';
import { frendsSandbox, frendsSandboxWith } from '../../sandbox/frends/frends.sandbox.ts';
import { type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { FrendsConnector } from './frends.module.ts';
import { FrendsStartOptions } from './frends.options.ts';
import { runIdAt } from './frends.starts.ts';

describe('the starts of Frends', () => {
  let sandbox: Sandbox;
  let parts: AdapterParts;
  let smokeTest = '';
  const upstreams = new UpstreamFactory();
  const signal = (): AbortSignal => AbortSignal.timeout(10_000);
  const post = { method: 'POST', path: '/execute' };

  const open = (url: string): PlatformAdapter =>
    new FrendsConnector(upstreams).open({
      ...z.object(connectionFields).parse({ baseUrl: url }),
      id: 'frends-eu',
      platform: 'frends',
      auth: { type: 'token', token: new Secret(() => 'sandbox-token') },
      pageSize: 100,
      blobHosts: [],
    });
  const request = (changes: Partial<StartRequest> = {}): StartRequest => ({
    process: smokeTest,
    version: null,
    deployment: null,
    input: {},
    labels: [],
    options: new FrendsStartOptions(),
    mark: 'gateway-0b9f7b9e',
    ...changes,
  });
  const prepare = async (changes: Partial<StartRequest> = {}): Promise<Native> => {
    const [evidence] = await parts.starts.prepare(request(changes), signal());
    return JSON.parse(JSON.stringify(evidence)) as Native;
  };
  const send = (evidence: Native): Promise<StartReceipt> =>
    parts.starts.send(evidence, {
      signal: signal(),
      permit: () => undefined,
      openFile: () => Promise.reject(new Error('there is no file')),
    });
  const reconcile = (
    evidence: Native,
    sent: SentWindow = { from: Date.now() - 1_000, until: Date.now() },
  ): Promise<Reconciliation<StartReceipt>> => parts.starts.reconcile(evidence, sent, signal());
  const started = (): readonly Native[] => sandbox.ledger().map(({ details }) => details);
  const refusal = { connection: 'frends-eu', platform: 'frends', outcome: 'not_sent' };

  beforeAll(async () => {
    sandbox = await startSandbox(frendsSandbox);
    parts = open(sandbox.url).parts as AdapterParts;
    const processes = await parts.processes.list(signal());
    smokeTest = processes.find(({ name }) => name === 'Smoke test')?.key ?? '';
  });
  afterEach(() => {
    sandbox.faults.clear();
    sandbox.reset();
  });
  afterAll(async () => {
    await upstreams.onApplicationShutdown();
    await sandbox.close();
  });

  test('run the only deployment with texts, and know the run from the address in the answer', async () => {
    const input = { durationMs: 1, fail: false, since: '2026-01-01' };
    const { nativeId } = await send(await prepare({ input, version: 'latest' }));
    const [effect] = started();
    expect(effect?.['parameters']).toEqual({ durationMs: '1', fail: 'false', since: '2026-01-01' });
    expect(nativeId).toBe(`3:${String(effect?.['executionId'])}`);
    await sleep(400);
    expect((await parts.runs.get(nativeId ?? '', signal()))?.process).toBe(smokeTest);
  });

  test('name every parameter that is no text and cannot become one', async () => {
    const input = { list: ['a'], nothing: null, fine: 'yes', object: {} };
    await expect(prepare({ input })).rejects.toMatchObject({
      code: 'invalid_request',
      details: {
        ...refusal,
        errors: [{ at: 'input.list' }, { at: 'input.nothing' }, { at: 'input.object' }],
      },
    });
  });

  test.each([
    [
      'a process that is not there',
      { process: '00000000-0000-0000-0000-000000000000' },
      'not_found',
    ],
    ['a key that is no GUID', { process: '1171' }, 'not_found'],
    ['a deployment that is not there', { deployment: '7' }, 'not_found'],
    ['a version that is not deployed', { version: '99' }, 'conflict'],
    [
      'another agent group',
      { options: Object.assign(new FrendsStartOptions(), { agentGroup: 'Nowhere' }) },
      'conflict',
    ],
  ] as const)('of %s are refused', async (_name, changes, code) => {
    await expect(prepare(changes)).rejects.toMatchObject({ code, details: refusal });
    expect(started()).toEqual([]);
  });

  test('of what is deployed nowhere, or several times, are refused with advice', async () => {
    const processes = await parts.processes.list(signal());
    const counted = await Promise.all(
      processes.map(async ({ key }) => ({
        process: key,
        deployments: (await parts.deployments.list(key, signal())) ?? [],
      })),
    );
    const nowhere = counted.find(({ deployments }) => deployments.length === 0);
    await expect(prepare({ process: nowhere?.process ?? '' })).rejects.toThrow('deploy it first');
    const several = counted.find(({ deployments }) => deployments.length > 1);
    if (several === undefined) throw new Error('nothing is deployed twice');
    const [one] = several.deployments;
    await expect(prepare({ process: several.process })).rejects.toThrow(
      `${one?.id ?? ''} (version`,
    );
    const named = await prepare({ process: several.process, deployment: one?.id ?? '' });
    expect(named['deploymentId']).toBe(one?.id);
    const options = Object.assign(new FrendsStartOptions(), { agentGroup: one?.target.id });
    expect(await prepare({ process: several.process, options })).toEqual(named);
  });

  test('are 501 where the release has no such call, and its check says so', async () => {
    const features = { execute: false, tags: true, document: true };
    const old = await startSandbox(frendsSandboxWith(features));
    const adapter = open(old.url);
    expect((await adapter.ping(signal())).missing).toEqual(['starts']);
    await expect(adapter.parts.starts?.prepare(request(), signal())).rejects.toMatchObject({
      code: 'capability_not_supported',
      details: refusal,
    });
    await old.close();
  });

  test('are tried where a tenant keeps its document to itself, and refused by the platform', async () => {
    const features = { execute: false, tags: true, document: false };
    const silent = await startSandbox(frendsSandboxWith(features));
    const [evidence = {}] =
      (await open(silent.url).parts.starts?.prepare(request(), signal())) ?? [];
    const sending = open(silent.url).parts.starts?.send(evidence, {
      signal: signal(),
      permit: () => undefined,
      openFile: () => Promise.reject(new Error('there is no file')),
    });
    await expect(sending).rejects.toMatchObject({ code: 'upstream_rejected' });
    await silent.close();
  });

  test('without an answer stay undecided, with the runs that may be it', async () => {
    const evidence = await prepare({ input: { durationMs: 1 } });
    expect(await reconcile(evidence)).toMatchObject({ state: 'undecided', candidates: [] });
    sandbox.faults.add({ ...post, times: 1, fault: { kind: 'resetAfterEffect' } });
    await expect(send(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    await sleep(400);
    const [effect] = started();
    expect(await reconcile(evidence)).toMatchObject({
      state: 'undecided',
      candidates: [`3:${String(effect?.['executionId'])}`],
    });
  });

  test('that leave no trace are not called absent', async () => {
    const evidence = await prepare({ input: { durationMs: 1, unlogged: true } });
    await send(evidence);
    await sleep(400);
    expect(await reconcile(evidence)).toMatchObject({ state: 'undecided', candidates: [] });
    const long = { from: Date.now() - 600_000, until: Date.now() - 500_000 };
    expect((await reconcile(evidence, long)).state).toBe('undecided');
  });

  test('of which nothing readable is left are not sent', async () => {
    const error = { code: 'internal', details: { sent: 'no' } };
    await expect(send({ deploymentId: 7 })).rejects.toMatchObject(error);
    expect(started()).toEqual([]);
  });
});

describe('the address of a run', () => {
  const executionId = '7d0b2a3c-1f4e-4a6b-9c8d-0e1f2a3b4c5d';
  const processGuid = '123e4567-e89b-12d3-a456-426614174000';
  const at = (location: string): string | null =>
    runIdAt(location, { agentGroupId: '3', processGuid });

  test.each([
    [`/api/v1/instances/4/${executionId}/details`, `4:${executionId}`],
    [`https://t.frendsapp.com/api/v1/instances/3/${executionId.toUpperCase()}`, `3:${executionId}`],
    [`/api/v1/executions/${executionId}?sig=${processGuid}`, `3:${executionId}`],
    [executionId, `3:${executionId}`],
    [`/processes/${processGuid}/instances/3/${executionId}`, `3:${executionId}`],
    ['/api/v1/instances/3/17/details', null],
    [`/api/v1/instances/3/${processGuid}`, null],
    [`/a/${executionId}/b/00000000-0000-0000-0000-000000000000`, null],
    ['', null],
  ])('%s tells %s', (location, expected) => {
    expect(at(location)).toBe(expected);
  });
});
