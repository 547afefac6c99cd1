import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Run } from '../../src/domain/run.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at } from '../support/http.ts';
import type { LogLine, Program } from '../support/program.ts';
import { ended, postTo, smokeTests, start } from '../support/runs.ts';

jest.setTimeout(120_000);

let stage: Stage;
let gateway: Gateway;
let smokeTest: string;

// Without a worker nothing is sent: whoever waits for the end of something waits on.
beforeAll(async () => {
  stage = await Stage.open();
  gateway = await stage.gateway();
  smokeTest = (await smokeTests(gateway)).get('concord') ?? '';
});
afterAll(() => stage.close());

/** The line of a program's log with this message that is about a request. */
function lineOf(program: Program, msg: string, requestId: string): Promise<LogLine> {
  return eventually(() => {
    const found = program
      .logs()
      .find((line) => line.msg === msg && line['requestId'] === requestId);
    if (found === undefined) throw new Error(`no "${msg}" of ${requestId}:\n${program.output}`);
    return found;
  });
}

/** A request that nobody takes the answer of; resolves once its caller has gone. */
async function hangUp(
  path: string,
  { method, requestId, after }: { method: string; requestId: string; after: string },
): Promise<void> {
  const gone = new AbortController();
  const answer = fetch(`${gateway.baseUrl}${path}`, {
    method,
    signal: gone.signal,
    headers: { 'content-type': 'application/json', prefer: 'wait=60', 'x-request-id': requestId },
    body: method === 'PUT' ? '{"service": "ETL", "script": "1"}' : '{}',
  });
  const over = expect(answer).rejects.toThrow();
  await lineOf(gateway, after, requestId);
  gone.abort();
  await over;
}

describe('the audit of a write whose caller hangs up while it waits', () => {
  it.each([
    ['start', 'POST', 'POST /v1/processes/:id/runs', '/runs', 'A start was accepted'],
    ['change', 'PUT', 'PUT /v1/processes/:id', '', 'A change was accepted'],
  ])('says that a %s goes on, and by which request', async (name, method, audit, rest, after) => {
    const requestId = `hung-up-${name}`;
    const process = name === 'start' ? smokeTest : 'odsl:HUNG_UP';
    await hangUp(at(process, rest), { method, requestId, after });
    const [connection] = process.split(':');
    const line = { caller: 'anonymous', connection, outcome: null, requestId };
    const answered = await lineOf(gateway, 'The caller of a write hung up', requestId);
    expect(answered).toMatchObject({ ...line, audit, status: 202 });
    expect(await lineOf(gateway, after, requestId)).toMatchObject({ ...line, status: 'queued' });
  });
});

describe('the audit of a write whose body says where it goes', () => {
  const answered = async (
    requestId: string,
    path: string,
    { status, ...sent }: { status: number; body: FormData | string; type?: string },
  ): Promise<LogLine> => {
    const type = sent.type === undefined ? {} : { 'content-type': sent.type };
    const answer = await fetch(`${gateway.baseUrl}${path}`, {
      method: 'POST',
      headers: { 'x-request-id': requestId, ...type },
      body: sent.body,
    });
    await answer.arrayBuffer();
    expect(answer.status).toBe(status);
    return lineOf(gateway, 'A write was answered', requestId);
  };
  const form = (content: string, validateOnly: string): FormData => {
    const parts = new FormData();
    parts.set('connection', 'odsl');
    parts.set('validateOnly', validateOnly);
    parts.set('file', new Blob([content]), 'a.json');
    return parts;
  };

  it.each([
    ['that is planned', '{"_id":"AUDITED","script":"1"}', 'true', 200],
    ['whose plan is refused', '{"_id":7}', 'true', 422],
    ['that is refused', '{"_id":7}', 'false', 422],
  ])('says so of a form %s', async (name, content, validateOnly, status) => {
    const body = form(content, validateOnly);
    const line = await answered(`form-${name.replace(/ /g, '-')}`, '/v1/imports', { body, status });
    const isPlan = validateOnly === 'true' ? { validateOnly: true } : {};
    const outcome = status === 200 ? null : 'not_sent';
    expect(line).toMatchObject({ connection: 'odsl', status, outcome, ...isPlan });
    expect('validateOnly' in line).toBe(validateOnly === 'true');
  });

  it.each([
    ['/v1/exports', { items: [{ process: 'odsl:SMOKE_TEST' }] }, 200, 'odsl'],
    ['/v1/promotions', { items: [{ process: 'uipath:SmokeTest' }], to: 'odsl' }, 400, 'odsl'],
  ])('says so of %s', async (path, sent, status, connection) => {
    const body = JSON.stringify(sent);
    const type = 'application/json';
    const line = await answered(`body-of${path.replace(/\W/g, '-')}`, path, { body, type, status });
    expect(line).toMatchObject({ connection, status });
  });
});

describe('the audit of what is done with a run', () => {
  const asked = async (run: Run, what: string, query = ''): Promise<readonly [number, LogLine]> => {
    const requestId = `${what}-${run.attempt}${query === '' ? '' : '-plan'}-${run.status}`;
    const headers = { 'x-request-id': requestId };
    const { status } = await postTo(gateway, run.id, `${what}${query}`, {}, headers);
    return [status, await lineOf(gateway, 'A write was answered', requestId)];
  };

  it('says that one which was not sent yet has been stopped', async () => {
    const { body } = await start(gateway, smokeTest);
    const [status, line] = await asked(body, 'cancel');
    expect(status).toBe(202);
    expect(line).toMatchObject({ audit: 'POST /v1/runs/:id/cancel', outcome: 'applied' });
  });

  it('says what came of each write, and not of the start of the run', async () => {
    const worker = await stage.worker();
    const { body } = await start(gateway, smokeTest);
    const run = await ended(gateway, body.id);
    expect([run.status, run.outcome]).toEqual(['succeeded', 'applied']);
    expect((await asked(run, 'cancel'))[1]).toMatchObject({ outcome: null, status: 202 });
    const plan = await asked(run, 'restart', '?validateOnly=true');
    expect(plan[1]).toMatchObject({ outcome: null, status: 200, validateOnly: true });
    const [status, line] = await asked(run, 'restart');
    expect([status, line['outcome']]).toEqual([202, 'applied']);
    await worker.stop();
  });
});

describe('the audit of a start whose gateway is killed while its caller waits', () => {
  it('says that it was accepted, and what became of it', async () => {
    const requestId = 'killed-start';
    const doomed = await stage.gateway();
    const headers = { prefer: 'wait=60', 'x-request-id': requestId };
    const over = expect(start(doomed, smokeTest, {}, headers)).rejects.toThrow();
    const { run } = await lineOf(doomed, 'A start was accepted', requestId);
    await doomed.kill();
    await over;
    const worker = await stage.worker();
    expect(await lineOf(worker, 'A start has ended', requestId)).toMatchObject({
      audit: 'start_run',
      run,
      caller: 'anonymous',
      connection: 'concord',
      outcome: 'applied',
    });
    await worker.stop();
  });
});
