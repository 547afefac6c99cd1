import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { concordSandbox } from '../../src/sandbox/concord/concord.sandbox.ts';
import { type Sandbox, sandboxCredentials, startSandbox } from '../../src/sandbox/kit/sandbox.ts';
import { writeZip } from '../../src/sandbox/kit/zip.ts';
import type { StandingRuns } from './calls/make-call.ts';
import { calls } from './calls.ts';
import { pictureOf } from './picture.ts';
import { type Call, formOf, read, realServer, send, type Server, start, until } from './server.ts';

jest.setTimeout(1_200_000);

const real = realServer();
let sandbox: Sandbox;
let stand: Server;
let runs: readonly [StandingRuns, StandingRuns];

async function standingRuns(server: Server): Promise<StandingRuns> {
  // Runs of other specs stand on the real server too; lists are asked for these.
  const tags = 'compared';
  const meta = { note: 'compared' };
  const request = { arguments: { name: 'gw' } };
  const finished = await start(server, {
    entryPoint: 'default',
    tags,
    out: 'greeting',
    meta,
    request,
  });
  const failed = await start(server, { entryPoint: 'failure', tags });
  const waiting = await start(server, { entryPoint: 'waiting', tags, meta });
  const atForm = await start(server, { entryPoint: 'approval', tags });
  await until(server, finished, 'FINISHED');
  await until(server, failed, 'FAILED');
  await until(server, waiting, 'SUSPENDED');
  await until(server, atForm, 'SUSPENDED');
  return { finished, failed, waiting, atForm };
}

/** Does the same on both servers; gives what came of it. */
async function both<T>(work: (server: Server, runs: StandingRuns) => Promise<T>): Promise<[T, T]> {
  return Promise.all([work(real, runs[0]), work(stand, runs[1])]);
}

function statusesOf(entry: Record<string, unknown>): string[] {
  const history = entry['statusHistory'] as { status: string; changeDate: string }[];
  const sorted = history.toSorted((a, b) => (a.changeDate < b.changeDate ? -1 : 1));
  return sorted.map(({ status }) => status);
}

beforeAll(async () => {
  sandbox = await startSandbox(concordSandbox);
  stand = { url: sandbox.url, key: sandboxCredentials.clientSecret };
  runs = await Promise.all([standingRuns(real), standingRuns(stand)]);
});
afterAll(async () => {
  await sandbox.close();
});

describe.each(Object.entries(calls))(
  'the sandbox answers as the real server: %s',
  (_group, rows) => {
    test.each(rows)('%s', async (_name, row) => {
      const [expected, actual] = await both(async (server, standing) => {
        const call: Call = typeof row === 'function' ? row(standing) : row;
        return pictureOf(await send(server, call));
      });
      expect(actual).toEqual(expected);
    });
  },
);

describe('a run goes the same way on both', () => {
  const started =
    (fields: Readonly<Record<string, string | object>>, ...ends: readonly string[]) =>
    async (server: Server): Promise<string[]> =>
      statusesOf(await until(server, await start(server, fields), ...ends));

  test.each([
    ['to its end', { entryPoint: 'Smoke test' }, 'FINISHED'],
    ['into a failure', { entryPoint: 'failure' }, 'FAILED'],
    ['to a form', { entryPoint: 'approval' }, 'SUSPENDED'],
    ['nowhere, without the flow', { entryPoint: 'nope' }, 'FAILED'],
    ['nowhere, with a date of the past', { startAt: '2020-01-01T00:00:00Z' }, 'FAILED'],
  ] as const)('%s', async (_name, fields, end) => {
    const [expected, actual] = await both(started(fields, end));
    expect(actual).toEqual(expected);
  });

  test('when it is stopped while it runs', async () => {
    const [expected, actual] = await both(async (server) => {
      const id = await start(server, {
        entryPoint: 'sleep',
        request: { arguments: { seconds: 60 } },
      });
      await until(server, id, 'RUNNING');
      const { status } = await send(server, { method: 'DELETE', path: `/api/v1/process/${id}` });
      const soon = await read(server, `/api/v2/process/${id}`);
      const entry = await until(server, id, 'CANCELLED');
      return { status, soon: soon['status'], statuses: statusesOf(entry) };
    });
    expect(actual).toEqual(expected);
  });

  test('when it is stopped before its time', async () => {
    const [expected, actual] = await both(async (server) => {
      const startAt = new Date(Date.now() + 3_600_000).toISOString();
      const id = await start(server, { entryPoint: 'default', request: { startAt } });
      await until(server, id, 'ENQUEUED');
      await send(server, { method: 'DELETE', path: `/api/v1/process/${id}` });
      return statusesOf(await until(server, id, 'CANCELLED'));
    });
    expect(actual).toEqual(expected);
  });

  test('when a form is filled in', async () => {
    const [expected, actual] = await both(async (server, { atForm }) => {
      const answer = await answered(server, `/api/v1/process/${atForm}/form/approval`, {
        approved: true,
      });
      const entry = await until(server, atForm, 'FINISHED');
      return { answer, statuses: statusesOf(entry), log: await steps(server, atForm) };
    });
    expect(actual).toEqual(expected);
  });

  test('when it is resumed', async () => {
    const [expected, actual] = await both(async (server, { waiting }) => {
      const answer = await answered(server, `/api/v1/process/${waiting}/resume/go`, {});
      const entry = await until(server, waiting, 'FINISHED');
      return { answer, statuses: statusesOf(entry), log: await steps(server, waiting) };
    });
    expect(actual).toEqual(expected);
  });

  test('when it is restarted', async () => {
    const [expected, actual] = await both(async (server) => {
      const id = await start(server, { entryPoint: 'Smoke test' });
      await until(server, id, 'FINISHED');
      const answer = await answered(server, `/api/v1/process/${id}/restart`, {});
      const { status } = await read(server, `/api/v2/process/${id}`);
      const entry = await until(server, id, 'FINISHED');
      return { answer, began: status !== 'FINISHED', statuses: statusesOf(entry) };
    });
    expect(actual).toEqual(expected);
  });

  test('with words of its own', async () => {
    const [expected, actual] = await both(async (server) => {
      const lines = ['äöü', '日本', 'three'];
      const id = await start(server, { entryPoint: 'chatter', request: { arguments: { lines } } });
      await until(server, id, 'FINISHED');
      return steps(server, id);
    });
    expect(actual).toEqual(expected);
  });

  test('with results', async () => {
    const [expected, actual] = await both(async (server, { finished, failed }) => ({
      meta: (await read(server, `/api/v2/process/${finished}`))['meta'],
      failure: (await read(server, `/api/v2/process/${failed}`))['meta'],
      out: (
        await send(server, {
          method: 'GET',
          path: `/api/v1/process/${finished}/attachment/out.json`,
        })
      ).text,
      files: await read(server, `/api/v1/process/${failed}/attachment`),
    }));
    expect(actual).toEqual(expected);
  });

  test.each(['the body', 'a part of the form'])('from an archive that is %s', async (way) => {
    const project =
      'configuration:\n  runtime: concord-v2\n  entryPoint: main\nflows:\n  main:\n    - log: "from an archive"\n';
    const zip = writeZip([{ name: 'concord.yml', content: Buffer.from(project) }]);
    const [expected, actual] = await both(async (server) => {
      const body =
        way === 'the body'
          ? new Uint8Array(zip)
          : formOf({
              archive: new Blob([new Uint8Array(zip)], { type: 'application/octet-stream' }),
            });
      const headers = way === 'the body' ? { 'content-type': 'application/octet-stream' } : {};
      const { text } = await send(server, {
        method: 'POST',
        path: '/api/v1/process',
        body,
        headers,
      });
      const { instanceId: id } = JSON.parse(text) as { instanceId: string };
      const entry = await until(server, id, 'FINISHED');
      return { members: Object.keys(entry).sort(), log: await steps(server, id) };
    });
    expect(actual).toEqual(expected);
  });
});

async function answered(server: Server, path: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  return pictureOf(
    await send(server, { method: 'POST', path, body: JSON.stringify(body), headers }),
  );
}

/**
 * The lines that the flow itself wrote: what server and agent write about their work differs with it. Sorted, because
 * every step has a log of its own, and which of them the agent sends first is chance.
 */
async function steps(server: Server, id: string): Promise<string[]> {
  const { text } = await send(server, { method: 'GET', path: `/api/v1/process/${id}/log` });
  const lines = text.split('\n').map((line) => line.slice('2026-01-01T00:00:00.000+0000 '.length));
  return lines
    .filter((line) => /^\[INFO \] (line|approved|went on|from an|Process status)/.test(line))
    .sort();
}
