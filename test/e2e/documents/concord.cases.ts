import { expect } from '@jest/globals';
import type { ProcessDetail } from '../../../src/domain/process.ts';
import type { Run } from '../../../src/domain/run.ts';
import { readMultipart } from '../../../src/sandbox/concord/multipart.ts';
import { watchers } from '../../../src/sandbox/kit/sandbox.ts';
import { writeZip } from '../../../src/sandbox/kit/zip.ts';
import { type FormPart, sendBody, sendForm } from '../../support/form.ts';
import { at, get, type Serving } from '../../support/http.ts';
import { ended, postTo, runOf, runThat, start } from '../../support/runs.ts';
import { type DocumentCases, effectsOn, type Given } from './document-case.ts';

const flows = 'flows:\n  main:\n    - log: "from an archive"\n';
const zip = writeZip([{ name: 'concord.yml', content: Buffer.from(flows) }]);
const archive: FormPart = ['archive', zip, 'payload.zip', 'application/zip'];
const myFile: FormPart = ['myFile.txt', Buffer.from('of mine\n'), 'myFile.txt', 'text/plain'];
const smoke = 'concord:Default:platform-checks:main:Smoke%20test';

/** How often a flow was really started. */
const starts = (given: Given, details: Readonly<Record<string, unknown>>): number =>
  effectsOn(given, 'concord', 'run.started', details);

const runPath = (id: string, rest: string): string => `/v1/runs/${encodeURIComponent(id)}/${rest}`;

async function logOf({ baseUrl }: Serving, id: string, headers = {}): Promise<Response> {
  return fetch(`${baseUrl}${runPath(id, 'log')}`, { headers });
}

/** The platform's own answer. */
function asked({ stage }: Given, path: string): Promise<Response> {
  const url = path.startsWith('http') ? path : `${stage.sandbox('concord').url}${path}`;
  return fetch(url, { headers: { authorization: 'sandbox-secret' } });
}

/** A start whose form is looked at as the platform has got it. */
async function startWithForm(
  { gateway }: Given,
  parts: readonly FormPart[],
): Promise<{ run: Run; received: ReadonlyMap<string, string> }> {
  const received = new Map<string, string>();
  const watch: Parameters<typeof watchers.add>[0] = (sandbox, exchange) => {
    const { method, url, requestHeaders, requestBody } = exchange;
    if (sandbox !== 'concord' || method !== 'POST' || !url.endsWith('/api/v1/process')) return;
    const type = requestHeaders['content-type'] ?? '';
    for (const part of readMultipart(type, requestBody ?? Buffer.alloc(0)) ?? [])
      received.set(part.name, part.content.toString('latin1'));
  };
  watchers.add(watch);
  try {
    const { status, body } = await sendForm<Run>(gateway, '/v1/runs', parts);
    expect(status).toBe(202);
    return { run: await ended(gateway, body.id), received };
  } finally {
    watchers.delete(watch);
  }
}

/** A start by nothing but a ZIP, once it has ended. */
async function startZip({ gateway }: Given, query: string): Promise<Run> {
  const path = `/v1/runs?${query}&entryPoint=main`;
  const type = { 'content-type': 'application/octet-stream' };
  const { status, body } = await sendBody<Run>(gateway, path, zip, type);
  expect(status).toBe(202);
  const run = await ended(gateway, body.id);
  expect(run.status).toBe('succeeded');
  expect(await (await logOf(gateway, run.id)).text()).toContain('from an archive');
  return run;
}

const startCases: DocumentCases = {
  'POST /api/v1/process/{projectName}:{repositoryName}': async (given) => {
    const { gateway } = given;
    const wanted = { project: 'platform-checks', repository: 'main', flow: 'default' };
    const before = starts(given, wanted);
    const input = { name: 'a document' };
    const { status, body } = await start(gateway, 'concord:platform-checks:main', { input });
    expect(status).toBe(202);
    expect((await ended(gateway, body.id)).status).toBe('succeeded');
    expect(starts(given, wanted)).toBe(before + 1);
    expect(await (await logOf(gateway, body.id)).text()).toContain('hello a document');
  },

  'POST /api/v1/process/{projectName}:{repositoryName}:{flowName}': async (given) => {
    const { gateway } = given;
    const before = starts(given, { flow: 'chatter' });
    const input = { lines: ['one', 'two'] };
    const { status, body } = await start(gateway, 'concord:platform-checks:main:chatter', {
      input,
    });
    expect(status).toBe(202);
    expect((await ended(gateway, body.id)).status).toBe('succeeded');
    expect(starts(given, { flow: 'chatter' })).toBe(before + 1);
    expect(await (await logOf(gateway, body.id)).text()).toMatch(/line one[^]*line two/);
  },

  'POST /api/v1/process/{entryPoint}?sync=true': async (given) => {
    const answer = await start(given.gateway, smoke, {}, { prefer: 'wait=40' });
    const { status, final, nativeId } = answer.body;
    expect([answer.status, answer.headers['preference-applied']]).toEqual([200, 'wait=40']);
    expect([status, final]).toEqual(['succeeded', true]);
    expect(starts(given, { id: nativeId })).toBe(1);
  },

  'POST /api/v1/process, a ZIP': async (given) => {
    const run = await startZip(given, 'connection=concord');
    expect(run.process).toBeNull();
    expect(starts(given, { id: run.nativeId, project: null, flow: 'main' })).toBe(1);
  },

  'POST /api/v1/process/{entryPoint}, a ZIP': async (given) => {
    const run = await startZip(given, `process=${encodeURIComponent(smoke)}`);
    expect(starts(given, { id: run.nativeId, project: 'platform-checks', flow: 'main' })).toBe(1);
  },

  'POST /api/v1/process/{entryPoint}, multipart': async (given) => {
    const process = 'concord:Default:platform-checks:main:';
    const { run, received } = await startWithForm(given, [
      ['process', process],
      ['entryPoint', 'main'],
      archive,
      myFile,
      ['request', '{"arguments": {"count": 3}}'],
      ['arguments.name', 'Concord'],
    ]);
    expect(run.status).toBe('succeeded');
    expect(starts(given, { id: run.nativeId, project: 'platform-checks', flow: 'main' })).toBe(1);
    expect(received.get('archive')).toBe(zip.toString('latin1'));
    expect([received.get('myFile.txt'), received.get('arguments.name')]).toEqual([
      'of mine\n',
      'Concord',
    ]);
  },

  'POST /api/v1/process, multipart': async (given) => {
    const { run, received } = await startWithForm(given, [
      archive,
      myFile,
      ['connection', 'concord'],
      ['entryPoint', 'main'],
      ['request', '{"arguments": {"count": 3}}'],
      ['arguments.name', 'Concord'],
    ]);
    expect([run.status, run.process]).toEqual(['succeeded', null]);
    expect(starts(given, { id: run.nativeId, project: null, flow: 'main' })).toBe(1);
    expect([...received.keys()]).toEqual(
      expect.arrayContaining(['archive', 'myFile.txt', 'entryPoint', 'request', 'arguments.name']),
    );
    expect(JSON.parse(received.get('request') ?? '')).toEqual({ arguments: { count: 3 } });
  },

  'GET /api/service/process_portal/start?entryPoint={entryPoint}': async (given) => {
    const id = 'concord:Default:platform-checks:main:default';
    const { status, body } = await get<ProcessDetail>(given.gateway, at(id));
    expect([status, body.links.start?.method]).toEqual([200, 'GET']);
    const page = await asked(given, `${body.links.start?.href ?? ''}?arguments.name=a%20reader`);
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/html'),
    ]);
    const [, nativeId = ''] = /Process (\S+) is running/.exec(await page.text()) ?? [];
    expect(starts(given, { id: nativeId, flow: 'default' })).toBe(1);
    const run = await ended(given.gateway, `concord:${nativeId}`);
    expect(await (await logOf(given.gateway, run.id)).text()).toContain('hello a reader');
  },
};

const runCases: DocumentCases = {
  'DELETE /api/v1/process/{instanceId}': async (given) => {
    const { gateway } = given;
    const input = { seconds: 120 };
    const sleep = 'concord:Default:platform-checks:main:sleep';
    const { id } = (await start(gateway, sleep, { input })).body;
    const { nativeId } = await runThat(gateway, id, ({ status }) => status === 'running');
    expect((await postTo(gateway, id, 'cancel')).status).toBe(202);
    expect((await ended(gateway, id)).status).toBe('cancelled');
    expect(effectsOn(given, 'concord', 'run.stopped', { id: nativeId })).toBe(1);
    const told = (await (await asked(given, `/api/v1/process/${nativeId ?? ''}`)).json()) as object;
    expect(told).toMatchObject({ status: 'CANCELLED' });
  },

  'GET /api/v1/process/{instanceId}': async (given) => {
    const id = 'f32a18d1-b34c-4860-aac6-f03da84c8648';
    const run = await runOf(given.gateway, `concord:${id}`);
    const told = (await (await asked(given, `/api/v1/process/${id}`)).json()) as {
      status: string;
      initiator: string;
      createdAt: string;
    };
    expect([run.upstreamStatus, run.initiator, Date.parse(run.createdAt)]).toEqual([
      told.status,
      told.initiator,
      Date.parse(told.createdAt.replace(/(\d\d)$/, '$1:00')),
    ]);
  },

  'GET /api/v1/process/{instanceId}/log, Range': async (given) => {
    const { gateway } = given;
    const { id, nativeId } = (await start(gateway, smoke, {}, { prefer: 'wait=40' })).body;
    const whole = await (await asked(given, `/api/v1/process/${nativeId ?? ''}/log`)).text();
    const part = await logOf(gateway, id, { range: 'bytes=20-69' });
    expect([part.status, part.headers.get('content-range')]).toEqual([
      206,
      `bytes 20-69/${Buffer.byteLength(whole)}`,
    ]);
    expect(await part.text()).toBe(Buffer.from(whole).subarray(20, 70).toString());
  },

  'GET /api/v1/process/{instanceId}/attachment/{attachmentName}': async (given) => {
    const { gateway } = given;
    const { id } = (await start(gateway, smoke, {}, { prefer: 'wait=40' })).body;
    const answer = await fetch(`${gateway.baseUrl}${runPath(id, 'attachments/report.csv')}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'application/octet-stream',
    ]);
    expect(await answer.text()).toBe('total,42\n');
  },
};

/** What becomes of the calls that the documents of Concord name. */
export const concordCases: DocumentCases = { ...startCases, ...runCases };
