import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { validateSync } from 'class-validator';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts, RunsPart, StartsPart } from '../../domain/adapter.ts';
import { UpstreamTimeoutError } from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';
import type { StartRequest } from '../../domain/run.ts';
import type { Departure } from '../../domain/write.ts';
import { concordSandbox, concordSandboxWith } from '../../sandbox/concord/concord.sandbox.ts';
import { type Exchange, type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import type { ConcordConfig } from './concord.config.ts';
import { ConcordConnector } from './concord.module.ts';
import { ConcordStartOptions } from './concord.start-options.ts';

const smokeTest = 'Default:platform-checks:main:Smoke%20test';
const finance = 'Finance:finance-automation:main:Invoice%20intake';
const legacy = 'Finance:finance-automation:legacy:';

let sandbox: Sandbox;
let newest: Sandbox;
let exchanges: Exchange[] = [];
const upstreams = new UpstreamFactory();

beforeAll(async () => {
  sandbox = await startSandbox(concordSandbox, { observe: (exchange) => exchanges.push(exchange) });
  newest = await startSandbox(concordSandboxWith({ version: '2.44.0' }));
});
afterEach(() => {
  sandbox.faults.clear();
  sandbox.reset();
  exchanges = [];
});
afterAll(async () => {
  await upstreams.onApplicationShutdown();
  await sandbox.close();
  await newest.close();
});

const signal = (): AbortSignal => AbortSignal.timeout(20_000);

function parts(changes: Partial<ConcordConfig> = {}, url = sandbox.url): AdapterParts {
  const { parts: found } = new ConcordConnector(upstreams).open({
    ...z.object(connectionFields).parse({ baseUrl: url }),
    id: 'concord',
    platform: 'concord',
    startStyle: 'auto',
    auth: { type: 'apiKey', key: new Secret(() => 'sandbox-secret'), scheme: 'raw' },
    ...changes,
  });
  return found as AdapterParts;
}

const starts = (changes?: Partial<ConcordConfig>, url?: string): StartsPart =>
  parts(changes, url).starts;
const runs = (): RunsPart => parts().runs;

function request(
  changes: Partial<StartRequest> = {},
  options: Partial<ConcordStartOptions> = {},
): StartRequest {
  return {
    process: smokeTest,
    version: null,
    deployment: null,
    input: {},
    labels: [],
    options: Object.assign(new ConcordStartOptions(), options),
    mark: `r-${randomUUID()}`,
    ...changes,
  };
}

async function prepared(wanted: StartRequest, part = starts()): Promise<Native> {
  const [evidence, ...others] = await part.prepare(wanted, signal());
  expect(others).toEqual([]);
  return JSON.parse(JSON.stringify(evidence)) as Native;
}

function departure(permit: () => void = () => undefined): Departure {
  return { signal: signal(), permit, openFile: () => Promise.reject(new Error('no files')) };
}

const begun = (): readonly Readonly<Record<string, unknown>>[] =>
  sandbox
    .ledger()
    .filter(({ effect }) => effect === 'run.started')
    .map(({ details }) => details);

const sent = (): string => exchanges.at(-1)?.requestBody?.toString('utf8') ?? '';
const window = { from: Date.now(), until: Date.now() + 60_000 };

describe('a start', () => {
  test('is one form with everything it says', async () => {
    const options = {
      activeProfiles: ['nightly'],
      out: ['greeting', 'total'],
      branch: 'release/ü',
    };
    const wanted = request({ input: { name: 'Größe' }, labels: ['a', 'b'] }, options);
    const { nativeId } = await starts().send(await prepared(wanted), departure());
    const body = sent();
    const type = exchanges.at(-1)?.requestHeaders['content-type'];
    expect(type).toMatch(/^multipart\/form-data; boundary=/);
    for (const [name, content] of [
      ['meta', `{"gatewayRunId":"${wanted.mark}"}`],
      ['request', '{"arguments":{"name":"Größe"},"tags":["a","b"],"activeProfiles":["nightly"]}'],
      ['org', 'Default'],
      ['project', 'platform-checks'],
      ['repo', 'main'],
      ['entryPoint', 'Smoke test'],
      ['out', 'greeting,total'],
      ['repoBranchOrTag', 'release/ü'],
    ])
      expect(body).toMatch(
        new RegExp(`name="${name}"\r\nContent-Type: [^\r]+\r\n\r\n${escaped(content ?? '')}\r\n`),
      );
    const run = await runs().get(nativeId ?? '', signal());
    expect(run).toMatchObject({
      process: smokeTest,
      labels: ['a', 'b'],
      mark: wanted.mark,
      initiator: 'admin',
    });
    expect(begun()).toHaveLength(1);
  });

  test('of the flow that the project file chooses names none', async () => {
    const wanted = request({ process: 'Default:platform-checks:main:' });
    await starts().send(await prepared(wanted), departure());
    expect(sent()).not.toContain('entryPoint');
    expect(begun()).toMatchObject([{ flow: 'default' }]);
  });

  test('of a flow that no refresh has seen is let through: it may stand on another branch', async () => {
    const process = 'Default:platform-checks:main:elsewhere';
    const wanted = request({ process }, { commit: '9ac024f681a7' });
    await starts().send(await prepared(wanted), departure());
    expect(sent()).toContain('name="repoCommitId"');
    expect(begun()).toMatchObject([{ flow: 'elsewhere' }]);
  });

  test('can be tried without its effects where the server can do that', async () => {
    const wanted = request({}, { dryRun: true });
    const evidence = await prepared(wanted, starts({}, newest.url));
    expect(evidence).toMatchObject({ request: { dryRun: true } });
    await expect(starts().prepare(wanted, signal())).rejects.toMatchObject({
      code: 'invalid_request',
      details: { outcome: 'not_sent', errors: [{ at: 'options.dryRun' }] },
    });
  });

  test.each([
    ['a version', request({ version: '1' }), 'invalid_request', 'version'],
    ['a deployment', request({ deployment: '7' }), 'invalid_request', 'deployment'],
    ['an unknown project', request({ process: 'Default:nope:main:x' }), 'not_found', null],
    [
      'an unknown repository',
      request({ process: 'Default:platform-checks:nope:' }),
      'not_found',
      null,
    ],
    ['an unknown organization', request({ process: 'Nowhere:nope:main:' }), 'not_found', null],
    ['no key at all', request({ process: 'x' }), 'not_found', null],
    ['a disabled repository', request({ process: legacy }), 'conflict', null],
    [
      'results of a project that gives none',
      request({ process: finance }, { out: ['a'] }),
      'upstream_rejected',
      null,
    ],
    [
      'both branch and commit',
      request({}, { branch: 'a', commit: '9ac024f' }),
      'invalid_request',
      'options.commit',
    ],
  ])('with %s is refused before anything is sent', async (_name, wanted, code, at) => {
    await expect(starts().prepare(wanted, signal())).rejects.toMatchObject({
      code,
      details: {
        connection: 'concord',
        platform: 'concord',
        outcome: 'not_sent',
        ...(at === null ? {} : { errors: [{ at }] }),
      },
    });
    expect(exchanges.every(({ method }) => method === 'GET')).toBe(true);
    expect(begun()).toEqual([]);
  });

  test('in another organization than the connection has is refused without a call', async () => {
    const part = starts({ organizations: ['Finance'] });
    await expect(part.prepare(request(), signal())).rejects.toMatchObject({ code: 'not_found' });
    expect(exchanges).toEqual([]);
  });

  test('says which setting of the project stands in the way', async () => {
    const wanted = request({ process: finance }, { out: ['a'] });
    await expect(starts().prepare(wanted, signal())).rejects.toThrow(/outVariablesMode/);
  });

  test('without its permit does not leave', async () => {
    const late = new UpstreamTimeoutError('Its time is over.', { sent: 'no' });
    const evidence = await prepared(request());
    const sending = starts().send(
      evidence,
      departure(() => {
        throw late;
      }),
    );
    await expect(sending).rejects.toBe(late);
    expect(begun()).toEqual([]);
  });

  test('is never sent twice by itself', async () => {
    const evidence = await prepared(request());
    const fault = { kind: 'status', status: 503 } as const;
    sandbox.faults.add({ method: 'POST', path: '^/api/v1/process$', fault });
    sandbox.forget();
    await expect(starts().send(evidence, departure())).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
    expect(sandbox.requests()).toHaveLength(1);
  });
});

describe('an answer that says no', () => {
  const text = { 'content-type': 'text/plain' };
  const validation = JSON.stringify([{ id: '*', message: 'Project not found: x' }]);
  test.each([
    [
      'out variables',
      400,
      'The project is not accepting custom out variables: 1',
      'upstream_rejected',
      /outVariablesMode/,
    ],
    [
      'an archive',
      400,
      'The project is not accepting raw payloads: 1',
      'upstream_rejected',
      /rawPayloadMode/,
    ],
    ['a project that is gone', 400, validation, 'conflict', /not found/],
    [
      'a disabled project',
      500,
      'Process execution is disabled for the project.',
      'conflict',
      /disabled/,
    ],
    ['a disabled repository', 500, 'Repository is disabled -> main', 'conflict', /disabled/],
    [
      'the path',
      500,
      'This API endpoint is no longer supported.',
      'capability_not_supported',
      /startStyle/,
    ],
    ['something else', 400, 'Too bad', 'upstream_rejected', /Too bad/],
  ])('to %s is one', async (_name, status, body, code, words) => {
    const evidence = await prepared(request());
    const fault = { kind: 'status', status, body, headers: text } as const;
    sandbox.faults.add({ method: 'POST', path: '^/api/v1/process', fault });
    const sending = starts().send(evidence, departure());
    await expect(sending).rejects.toMatchObject({
      code,
      details: { outcome: 'rejected', upstream: { status } },
    });
    await expect(starts().send(evidence, departure())).rejects.toThrow(words);
  });

  test('in words that nobody knows leaves it open what has happened', async () => {
    const evidence = await prepared(request());
    const fault = { kind: 'status', status: 500, body: 'ERROR: java.lang.Exception' } as const;
    sandbox.faults.add({ method: 'POST', path: '^/api/v1/process', fault });
    await expect(starts().send(evidence, departure())).rejects.toMatchObject({
      code: 'upstream_unavailable',
      details: { sent: 'maybe' },
    });
  });
});

describe('a start by path', () => {
  const path = { startStyle: 'path' } as const;

  test('says the same in the words of 2017', async () => {
    const wanted = request(
      { input: { name: 'p' }, labels: ['a'] },
      { out: ['greeting'], branch: 'b' },
    );
    const evidence = await prepared(wanted, starts(path));
    const { nativeId } = await starts(path).send(evidence, departure());
    expect(exchanges.at(-1)?.url).toBe('/api/v1/process/platform-checks%3Amain%3ASmoke%20test');
    expect(JSON.parse(sent())).toEqual({
      arguments: { name: 'p' },
      tags: ['a'],
      meta: { gatewayRunId: wanted.mark },
      out: ['greeting'],
      repoBranchOrTag: 'b',
    });
    expect((await runs().get(nativeId ?? '', signal()))?.mark).toBe(wanted.mark);
    expect(await starts(path).reconcile(evidence, window, signal())).toMatchObject({
      state: 'applied',
      receipt: { nativeId },
    });
  });

  test('without a flow names none', async () => {
    const wanted = request({ process: 'Default:platform-checks:main:' });
    await starts(path).send(await prepared(wanted, starts(path)), departure());
    expect(exchanges.at(-1)?.url).toBe('/api/v1/process/platform-checks%3Amain');
  });

  test('is refused by servers that do not know it any more, and never sent to them', async () => {
    newest.forget();
    await expect(starts(path, newest.url).prepare(request(), signal())).rejects.toMatchObject({
      code: 'capability_not_supported',
      details: { outcome: 'not_sent' },
    });
    expect(newest.requests().filter((each) => each.startsWith('POST'))).toEqual([]);
  });

  test.each([finance, 'Default:platform-checks:main:a%3Ab'])('cannot reach %s', async (process) => {
    await expect(starts(path).prepare(request({ process }), signal())).rejects.toMatchObject({
      code: 'upstream_rejected',
      details: { outcome: 'not_sent' },
    });
  });
});

describe('what became of a start', () => {
  test('whose answer was lost is found, exactly once', async () => {
    const lost = request();
    const evidence = await prepared(lost);
    for (const other of [request(), request()])
      await starts().send(await prepared(other), departure());
    const fault = { kind: 'resetAfterEffect' } as const;
    sandbox.faults.add({ method: 'POST', path: '^/api/v1/process$', times: 1, fault });
    await expect(starts().send(evidence, departure())).rejects.toMatchObject({
      code: 'upstream_unavailable',
      details: { sent: 'maybe' },
    });
    const [own] = begun().filter(({ meta }) => (meta as Native)['gatewayRunId'] === lost.mark);
    expect(await starts().reconcile(evidence, window, signal())).toEqual({
      state: 'applied',
      receipt: { nativeId: own?.['id'] },
    });
  });

  test('that never arrived is absent', async () => {
    const evidence = await prepared(request());
    sandbox.faults.add({ method: 'POST', path: '', times: 1, fault: { kind: 'reset' } });
    await expect(starts().send(evidence, departure())).rejects.toMatchObject({
      details: { sent: 'maybe' },
    });
    expect(await starts().reconcile(evidence, window, signal())).toEqual({ state: 'absent' });
  });

  test('is its original, not the fork that took the mark along', async () => {
    const evidence = await prepared(request());
    const { nativeId } = await starts().send(evidence, departure());
    await fetch(`${sandbox.url}/api/v1/process/${nativeId ?? ''}/fork`, {
      method: 'POST',
      headers: { authorization: 'sandbox-secret', 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await starts().reconcile(evidence, window, signal())).toEqual({
      state: 'applied',
      receipt: { nativeId },
    });
  });

  test('is open when only a fork is left of it', async () => {
    const evidence = await prepared(request());
    const [instanceId, parentInstanceId] = [randomUUID(), randomUUID()];
    const fork = {
      instanceId,
      parentInstanceId,
      status: 'RUNNING',
      meta: { gatewayRunId: evidence['mark'] },
    };
    sandbox.faults.add({
      method: 'GET',
      path: '/api/v2/process',
      times: 1,
      fault: {
        kind: 'status',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([fork]),
      },
    });
    expect(await starts().reconcile(evidence, window, signal())).toMatchObject({
      state: 'undecided',
      candidates: [instanceId],
    });
  });

  test('is open when several carry the mark, and when its project is gone', async () => {
    const evidence = await prepared(request());
    for (let times = 0; times < 2; times += 1) await starts().send(evidence, departure());
    const found = await starts().reconcile(evidence, window, signal());
    expect(found).toMatchObject({ state: 'undecided' });
    expect('candidates' in found ? found.candidates : []).toHaveLength(2);
    const body = 'Project not found: platform-checks';
    sandbox.faults.add({ path: '', fault: { kind: 'status', status: 404, body } });
    expect(await starts().reconcile(evidence, window, signal())).toMatchObject({
      state: 'undecided',
      candidates: [],
    });
  });

  test('cannot be said while the server does not answer', async () => {
    const evidence = await prepared(request());
    sandbox.faults.add({ path: '', fault: { kind: 'status', status: 500 } });
    await expect(starts().reconcile(evidence, window, signal())).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
  });
});

describe('the options', () => {
  const problems = (options: object): string[] =>
    validateSync(Object.assign(new ConcordStartOptions(), options)).map(({ property }) => property);

  test.each([
    [{}, []],
    [{ activeProfiles: ['a'], out: ['b'], branch: 'release/1', dryRun: true }, []],
    [{ commit: '9ac024f681a7baa7c95da30d521a71d101fa22ac' }, []],
    [{ branch: 'a', commit: '9ac024f' }, ['commit']],
    [{ commit: 'HEAD' }, ['commit']],
    [{ branch: 'a b' }, ['branch']],
    [{ activeProfiles: 'a' }, ['activeProfiles']],
    [{ activeProfiles: [7] }, ['activeProfiles']],
    [{ activeProfiles: ['a,b'] }, ['activeProfiles']],
    [{ out: ['a,b'] }, ['out']],
    [{ dryRun: 'true' }, ['dryRun']],
  ])('%j', (options, expected) => {
    expect(problems(options)).toEqual(expected);
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
