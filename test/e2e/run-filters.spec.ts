import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Run } from '../../src/domain/run.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get, type MergedList } from '../support/http.ts';
import { ended, start } from '../support/runs.ts';

jest.setTimeout(90_000);

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
});
afterAll(() => stage.close());

const listed = async (query: string): Promise<string[]> => {
  const { status, body, text } = await get<MergedList<Run>>(gateway, `/v1/runs?${query}`);
  if (status !== 200) throw new Error(text);
  return body.data.map(({ id }) => id);
};

describe('the runs of a process', () => {
  it.each([
    ['uipath:SmokeTest', 'uipath:smoketest'],
    [
      'concord:Default:platform-checks:main:Smoke%20test',
      'concord:platform-checks:main:Smoke%20test',
    ],
    [
      'concord:Default:platform-checks:main:nobody%20lists%20it',
      'concord:platform-checks:main:nobody%20lists%20it',
    ],
  ])('%s are found by its aliases as well', async (id, alias) => {
    const { body } = await start(gateway, alias);
    await ended(gateway, body.id);
    for (const named of [id, alias])
      expect(await listed(`process=${encodeURIComponent(named)}`)).toContain(body.id);
  });

  it('are none where nobody has run it', async () => {
    expect(await listed('process=odsl:SMOKE_TEST&correlationId=none')).toEqual([]);
  });
});

describe('a label', () => {
  it('finds the runs that were started with it, and several those with any of them', async () => {
    const started = async (labels: string[]): Promise<string> => {
      const { body } = await start(gateway, 'uipath:SmokeTest', { labels });
      return body.id;
    };
    const both = await started(['of-april', 'of-may']);
    const may = await started(['of-may']);
    await started(['of-june']);
    expect(await listed('label=of-april')).toEqual([both]);
    expect(await listed('label=of-may')).toEqual([may, both]);
    expect(await listed('label=of-april&label=of-may&connection=uipath')).toEqual([may, both]);
    expect(await listed('label=of-')).toEqual([]);
  });
});

describe('a filter that names nothing', () => {
  it.each([
    ['connection=nope', 'connection'],
    ['connection=uipath&connection=nope', 'connection'],
    ['process=nope:SmokeTest', 'process'],
    ['process=SmokeTest', 'process'],
    ['process=uipath:NeverMade', 'process'],
    ['process=concord:Default:no-project:main:', 'process'],
  ])('%s is refused', async (query, at) => {
    const { status, body } = await get(gateway, `/v1/runs?${query}`);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body['errors']).toEqual([expect.objectContaining({ at })]);
  });
});
