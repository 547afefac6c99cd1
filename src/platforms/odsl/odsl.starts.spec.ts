import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { StartsPart } from '../../domain/adapter.ts';
import type { Native } from '../../domain/native.ts';
import type { StartReceipt, StartRequest } from '../../domain/run.ts';
import type { Reconciliation, SentWindow } from '../../domain/write.ts';
import { type Exchange, type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { odslSandbox } from '../../sandbox/odsl/odsl.sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import type { OdslConfig } from './odsl.config.ts';
import { OdslConnector } from './odsl.module.ts';
import { OdslStartOptions } from './odsl.options.ts';

describe('the starts of OpenDataDSL', () => {
  let sandbox: Sandbox;
  let exchanges: Exchange[] = [];
  const upstreams = new UpstreamFactory();
  const signal = (): AbortSignal => AbortSignal.timeout(10_000);
  const post = { method: 'POST', path: 'process-exec' };

  const starts = (startBody: OdslConfig['startBody'] = 'input', timeout = '10s'): StartsPart => {
    const { parts } = new OdslConnector(upstreams).open({
      ...z.object(connectionFields).parse({ baseUrl: `${sandbox.url}/api`, timeout }),
      id: 'odsl-eu',
      platform: 'odsl',
      auth: { type: 'token', token: new Secret(() => 'sandbox-token') },
      environment: 'production',
      startBody,
    });
    if (parts.starts === undefined) throw new Error('no starts');
    return parts.starts;
  };
  const request = (changes: Partial<StartRequest> = {}): StartRequest => ({
    process: 'SMOKE_TEST',
    version: null,
    deployment: null,
    input: { url: 'https://data.example.com', durationMs: 1 },
    labels: [],
    options: new OdslStartOptions(),
    mark: 'gateway-0b9f7b9e',
    ...changes,
  });
  const prepare = async (changes: Partial<StartRequest> = {}): Promise<Native> => {
    const [evidence] = await starts().prepare(request(changes), signal());
    return JSON.parse(JSON.stringify(evidence)) as Native;
  };
  const send = (evidence: Native, part = starts()): Promise<StartReceipt> =>
    part.send(evidence, {
      signal: signal(),
      permit: () => undefined,
      openFile: () => Promise.reject(new Error('there is no file')),
    });
  const now = (): SentWindow => ({ from: Date.now() - 1_000, until: Date.now() });
  const reconcile = (
    evidence: Native,
    sent: SentWindow = now(),
  ): Promise<Reconciliation<StartReceipt>> => starts().reconcile(evidence, sent, signal());
  const sent = (): Exchange => {
    const found = exchanges.findLast((each) => each.method === 'POST');
    if (found === undefined) throw new Error('nothing was sent');
    return found;
  };
  const started = (): readonly Native[] => sandbox.ledger().map(({ details }) => details);

  beforeAll(async () => {
    sandbox = await startSandbox(odslSandbox, { observe: (exchange) => exchanges.push(exchange) });
  });
  afterEach(() => {
    sandbox.faults.clear();
    sandbox.reset();
    exchanges = [];
  });
  afterAll(async () => {
    await upstreams.onApplicationShutdown();
    await sandbox.close();
  });

  test('carry the mark as reason, the delay of the options and the input', async () => {
    const options = Object.assign(new OdslStartOptions(), { delay: 250 });
    await send(await prepare({ options, version: '1' }));
    const url = new URL(sent().url, sandbox.url);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      _reason: 'gateway-0b9f7b9e',
      _delay: '250',
    });
    expect(JSON.parse(String(sent().requestBody))).toEqual({
      name: 'SMOKE_TEST',
      version: '1',
      input: { url: 'https://data.example.com', durationMs: 1 },
    });
  });

  test.each([
    ['input', ['input', 'name']],
    ['body', ['body', 'name']],
    ['both', ['body', 'input', 'name']],
  ] as const)('put the input where %s says', async (startBody, members) => {
    await send(await prepare({ version: 'latest' }), starts(startBody));
    const body = JSON.parse(String(sent().requestBody)) as object;
    expect(Object.keys(body).sort()).toEqual(members);
    expect(sent().url).not.toContain('_delay');
  });

  test.each([
    ['body', 'input', ['body', 'name']],
    ['input', 'both', ['input', 'name']],
    ['both', 'body', ['body', 'input', 'name']],
  ] as const)(
    'that ask for %s have it, though the connection says %s',
    async (startBody, of, members) => {
      const options = Object.assign(new OdslStartOptions(), { startBody });
      await send(await prepare({ options }), starts(of));
      const body = JSON.parse(String(sent().requestBody)) as Native;
      expect(Object.keys(body).sort()).toEqual(members);
      expect(body[startBody === 'both' ? 'input' : startBody]).toEqual(request().input);
    },
  );

  test('that were accepted before there was a choice go as the connection says', async () => {
    const { startBody, ...earlier } = await prepare();
    expect(startBody).toBeNull();
    await send(earlier, starts('body'));
    expect(JSON.parse(String(sent().requestBody))).toEqual({
      name: 'SMOKE_TEST',
      body: request().input,
    });
  });

  test.each([
    ['a deployment', { deployment: '7' }, { code: 'invalid_request' }],
    ['a process that is not there', { process: 'NONE' }, { code: 'not_found' }],
    ['a key that could mean more', { process: '%2A' }, { code: 'not_found' }],
    ['a version that is not there', { version: '99' }, { code: 'not_found' }],
    ['a version that could mean more', { version: '*' }, { code: 'not_found' }],
  ] as const)('with %s are refused', async (_name, changes, expected) => {
    const details = { connection: 'odsl-eu', platform: 'odsl', outcome: 'not_sent' };
    await expect(prepare(changes)).rejects.toMatchObject({ ...expected, details });
    expect(started()).toEqual([]);
  });

  test('with a deployment name the field', async () => {
    await expect(prepare({ deployment: '7' })).rejects.toMatchObject({
      details: { errors: [{ at: 'deployment' }] },
    });
  });

  test('with a version that is not there name the field, and the versions that are', async () => {
    await expect(prepare({ version: '99' })).rejects.toMatchObject({
      message: expect.stringMatching(/no version 99 of SMOKE_TEST: there are \d/),
      details: { errors: [{ at: 'version' }] },
    });
  });

  test('of a process that is disabled are refused', async () => {
    const disabled = await fetch(`${sandbox.url}/api/process/v1?enabled=false`, {
      headers: { authorization: 'Bearer sandbox-token' },
    });
    const [{ _id: id = '' } = {}] = (await disabled.json()) as { _id?: string }[];
    const details = { connection: 'odsl-eu', platform: 'odsl', outcome: 'not_sent' };
    const refusal = { code: 'conflict', message: expect.stringContaining('disabled'), details };
    await expect(prepare({ process: id })).rejects.toMatchObject(refusal);
    expect(started()).toEqual([]);
  });

  const id = '0b9f7b9e-8a2c-4a3f-9a0e-1c2d3e4f5a6b';
  test.each([
    ['nothing', '', null],
    ['an empty object', '{}', null],
    ['plain text', 'OK', null],
    ['the id as text', JSON.stringify(id), id],
    ['an execution', JSON.stringify({ _id: id, status: 'triggered' }), id],
    ['an id', JSON.stringify({ id }), id],
    ['the process', JSON.stringify({ _id: 'SMOKE_TEST', id: 7 }), null],
    ['a list', '[1]', null],
  ])('that are answered with %s', async (_name, body, nativeId) => {
    sandbox.faults.add({ ...post, fault: { kind: 'status', status: 202, body } });
    expect(await send(await prepare())).toEqual({ nativeId });
  });

  test('without an answer are found by their mark, once', async () => {
    const evidence = await prepare();
    await send(await prepare({ mark: 'gateway-other' }));
    sandbox.faults.add({ ...post, times: 1, fault: { kind: 'resetAfterEffect' } });
    await expect(send(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    const marked = started().filter((each) => each['reason'] === 'gateway-0b9f7b9e');
    expect(marked).toHaveLength(1);
    const receipt = { nativeId: marked[0]?.['id'] };
    expect(await reconcile(evidence)).toEqual({ state: 'applied', receipt });
  });

  test('that were taken are looked for no further back than they were sent', async () => {
    const old = { trigger: 'manual', status: 'success', start: '2026-01-01T00:00:00Z' };
    const rows = Array.from({ length: 500 }, (_, at) => ({ _id: `old-${at}`, ...old }));
    const fault = { kind: 'status', status: 200, body: JSON.stringify(rows) } as const;
    const evidence = await prepare();
    sandbox.faults.add({ path: 'start=range', fault });
    exchanges = [];
    expect(await reconcile(evidence, { ...now(), isTaken: true })).toEqual({ state: 'absent' });
    expect(exchanges).toHaveLength(1);
  });

  test('are looked for together', async () => {
    const marks = Array.from({ length: 20 }, (_, at) => `gateway-many-${at}`);
    const evidence = await Promise.all(marks.map((mark) => prepare({ mark })));
    for (const each of evidence) await send(each);
    exchanges = [];
    const part = starts();
    const window = { ...now(), from: Date.now() - 60_000, isTaken: true };
    const found = await Promise.all(evidence.map((each) => part.reconcile(each, window, signal())));
    const ids = started().map((each) => each['id']);
    expect(found).toEqual(ids.map((nativeId) => ({ state: 'applied', receipt: { nativeId } })));
    expect(exchanges.length).toBeLessThanOrEqual(2);
  });

  test('get their answer though another look, which they have to wait for, takes all its time', async () => {
    const evidence = await prepare();
    await send(evidence);
    const part = starts('input', '400ms');
    const look = (): Promise<Reconciliation<StartReceipt>> =>
      part.reconcile(evidence, now(), AbortSignal.timeout(part.lookMs ?? part.timeoutMs * 3));
    sandbox.faults.add({ path: 'start=range', fault: { kind: 'hang' } });
    const first = look().finally(() => {
      sandbox.faults.clear();
    });
    const others = [look(), look()];
    await expect(first).rejects.toMatchObject({ code: 'upstream_timeout' });
    const nativeId = started()[0]?.['id'];
    const found = { state: 'applied', receipt: { nativeId } };
    expect(await Promise.all(others)).toEqual([found, found]);
  });

  test('that are new do not wait for the longer look for those that have long been in doubt', async () => {
    const part = starts();
    const evidence = await prepare();
    exchanges = [];
    const longAgo = { from: Date.now() - 100_000_000, until: Date.now() - 99_990_000 };
    const recent = now();
    const windows = [recent, recent, longAgo];
    await Promise.all(windows.map((window) => part.reconcile(evidence, window, signal())));
    const day = new Date(recent.from - 60_000 - 86_400_000).toISOString().slice(0, 10);
    const days = exchanges.map(({ url }) => /range\(([^,]*),/.exec(decodeURIComponent(url))?.[1]);
    expect(days.filter((each) => each === day)).toHaveLength(2);
    expect(days.length).toBeGreaterThan(2);
  });

  test('say how long they are to wait', async () => {
    const options = Object.assign(new OdslStartOptions(), { delay: 250 });
    const part = starts();
    expect(part.waitMs?.(await prepare({ options }))).toBe(250);
    expect(part.waitMs?.(await prepare())).toBe(0);
  });

  test('are absent where nobody has started the process by hand', async () => {
    const evidence = await prepare();
    const other = await prepare({ process: 'INVOICE_INTAKE', mark: 'gateway-other' });
    await send(other);
    expect(await reconcile(evidence)).toEqual({ state: 'absent' });
  });

  test('are absent beside runs that carry the marks of other starts', async () => {
    const other = 'r-0197f3a6-c1e7-7b20-8f3d-2a9c51d0e7b';
    await send(await prepare({ mark: `${other}4` }));
    await send(await prepare({ mark: `${other}5.2` }));
    expect(await reconcile(await prepare())).toEqual({ state: 'absent' });
    await send(await prepare({ mark: 'by hand, as agreed' }));
    const candidates = [started().at(-1)?.['id']];
    expect(await reconcile(await prepare())).toMatchObject({ state: 'undecided', candidates });
  });

  test('are undecided beside another run of the process', async () => {
    await send(await prepare({ mark: 'gateway-other' }));
    const candidates = [started()[0]?.['id']];
    const found = await reconcile(await prepare());
    expect(found).toMatchObject({ state: 'undecided', candidates });
    const yesterday = { from: Date.now() - 86_400_000, until: Date.now() - 86_390_000 };
    expect((await reconcile(await prepare(), yesterday)).state).toBe('undecided');
  });

  const shown = (rows: readonly object[]): void => {
    const manual = { name: 'SMOKE_TEST', trigger: 'manual', status: 'success' };
    const body = JSON.stringify(rows.map((row) => ({ ...manual, ...row })));
    const headers = { 'x-total-count': String(rows.length) };
    const fault = { kind: 'status', status: 200, headers, body } as const;
    sandbox.faults.clear();
    sandbox.faults.add({ path: 'start=range', fault });
  };
  const at = (ms: number): string => new Date(ms).toISOString();

  test('name as what they may be only what began at their time, and are found by their mark later, too', async () => {
    const options = Object.assign(new OdslStartOptions(), { delay: 600_000 });
    const evidence = await prepare({ options });
    const yesterday = { from: Date.now() - 80_000_000, until: Date.now() - 79_990_000 };
    const rows = [
      { _id: 'later', start: at(Date.now() - 3_600_000) },
      { _id: 'in-time', start: at(yesterday.until + 600_000) },
      { _id: 'waiting' },
    ];
    shown(rows);
    expect(await reconcile(evidence, yesterday)).toMatchObject({
      state: 'undecided',
      why: expect.stringContaining('2 runs of SMOKE_TEST'),
      candidates: ['in-time', 'waiting'],
    });
    shown(rows.slice(0, 1));
    expect(await reconcile(evidence, yesterday)).toMatchObject({
      state: 'undecided',
      why: expect.stringContaining('began later'),
      candidates: [],
    });
    shown([...rows, { _id: 'it', start: at(Date.now() - 60_000), reason: 'gateway-0b9f7b9e' }]);
    const receipt = { nativeId: 'it' };
    expect(await reconcile(evidence, yesterday)).toEqual({ state: 'applied', receipt });
  });

  test('name of many that they may be those that are nearest, and count them all', async () => {
    const evidence = await prepare();
    const sentAt = Date.now() - 3_600_000;
    const rows = Array.from({ length: 80 }, (_, index) => index).map((index) => ({
      _id: `e-${index}`,
      start: at(sentAt + (79 - index) * 500),
    }));
    shown([{ _id: 'waiting' }, ...rows]);
    const found = await reconcile(evidence, { from: sentAt, until: sentAt + 15_000 });
    expect(found).toMatchObject({ state: 'undecided', why: expect.stringContaining('81 runs') });
    const nearest = rows.toReversed().slice(0, 50);
    expect(found).toMatchObject({ candidates: nearest.map(({ _id }) => _id) });
  });

  test('that the platform holds back are not absent before their time', async () => {
    const options = Object.assign(new OdslStartOptions(), { delay: 60_000 });
    const evidence = await prepare({ options });
    expect(await reconcile(evidence)).toMatchObject({ state: 'undecided', candidates: [] });
    const past = { from: Date.now() - 300_000, until: Date.now() - 200_000 };
    expect(await reconcile(evidence, past)).toEqual({ state: 'absent' });
    await send(evidence);
    expect((await reconcile(evidence)).state).toBe('applied');
  });

  test('of which nothing readable is left are not sent', async () => {
    const error = { code: 'internal', details: { sent: 'no' } };
    await expect(send({ name: 'SMOKE_TEST' })).rejects.toMatchObject(error);
    expect(started()).toEqual([]);
  });
});
