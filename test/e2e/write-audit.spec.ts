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
