import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ConnectionState } from '../../src/domain/connection.ts';
import type { Process } from '../../src/domain/process.ts';
import type { Problem } from '../../src/http/problem.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get, list } from '../support/http.ts';
import { start } from '../support/runs.ts';

jest.setTimeout(60_000);

/** What a tenant says of its API whose release cannot execute deployments. */
const document = {
  openapi: '3.0.1',
  info: { title: 'Frends API', version: '1.0' },
  paths: { '/api/v1/processes': { get: { responses: { 200: {} } } } },
};

describe('a gateway that has just started, without any worker', () => {
  let stage: Stage;
  let gateway: Gateway;
  let smokeTest: Process | undefined;

  beforeAll(async () => {
    stage = await Stage.open();
    stage.sandbox('frends').faults.add({
      path: 'swagger',
      fault: {
        kind: 'status',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(document),
      },
    });
    // One whose platform hangs starts all the same.
    stage.sandbox('odsl').faults.add({ fault: { kind: 'hang' } });
    gateway = await stage.gateway();
    [smokeTest] = (await list(gateway, '?connection=frends&name=smoke%20test')).body.data;
  });
  afterAll(() => stage.close());

  it('knows what a tenant lacks, and refuses it without asking', async () => {
    expect(smokeTest?.capabilities).not.toContain('starts');
    stage.forget();
    const refused = await start<Problem>(gateway, smokeTest?.id ?? '');
    expect([refused.status, refused.body.code, refused.body.outcome]).toEqual([
      501,
      'capability_not_supported',
      'not_sent',
    ]);
    const odd = await start<Problem>(gateway, smokeTest?.id ?? '', { input: 5 });
    expect([odd.status, odd.body.outcome]).toEqual([400, 'not_sent']);
    expect((await start<Problem>(gateway, 'frends:x', { input: 5 })).status).toBe(404);
    expect(stage.sandbox('frends').requests()).toEqual([]);
  });

  it('says so of the connection, and of no other', async () => {
    const { body } = await get<{ data: ConnectionState[] }>(gateway, '/v1/connections');
    const able = body.data.filter(({ capabilities }) => capabilities.includes('starts'));
    expect(able.map(({ id }) => id)).toEqual(['concord', 'odsl', 'uipath']);
  });
});
