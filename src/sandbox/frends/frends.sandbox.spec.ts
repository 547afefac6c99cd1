import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../kit/sandbox.ts';
import { frendsSandbox, frendsSandboxWith } from './frends.sandbox.ts';
import { type Answer, CalledFrends, type Json, send } from './frends.testing.ts';

const frends = new CalledFrends();

describe('the Frends sandbox', () => {
  test('refuses strangers with an empty 401, and a page larger than 200 by name', async () => {
    const stranger = await fetch(`${frends.url}/api/v1/processes`);
    expect([stranger.status, await stranger.text()]).toEqual([401, '']);
    const { status, headers, body } = await frends.api('GET', '/processes?PageSize=201');
    expect(status).toBe(400);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body['errors']).toHaveProperty('PageSize');
  });

  test('answers a page beyond the last with an empty one, in either spelling of the parameters', async () => {
    const { status, body } = await frends.api('GET', '/processes?pagingQuery.pageNumber=999');
    expect([status, body['data']]).toEqual([200, []]);
    expect(body['paging']).toMatchObject({ currentPage: 999, pageSize: 30, nextPage: null });
  });

  test('deploys, switches triggers and undeploys, but not from development', async () => {
    const processes = [{ processGuid: frends.smokeTest.guid, version: 1 }];
    const deploy = (agentGroupId: number): Promise<Answer> =>
      frends.api('POST', '/process-deployments', { agentGroupId, processes });
    const { status, body } = await deploy(2);
    const [added] = body['data'] as Json[];
    expect([status, added?.['triggersActive']]).toEqual([201, true]);
    const path = `/process-deployments/${String(added?.['deploymentId'])}`;
    expect((await frends.api('DELETE', `${path}/activation`)).status).toBe(200);
    expect((await frends.api('GET', path)).body['data']).toMatchObject({ triggersActive: false });
    expect((await frends.api('DELETE', path)).status).toBe(204);
    expect((await frends.api('GET', path)).status).toBe(404);
    const [inDevelopment] = (await deploy(1)).body['data'] as Json[];
    const refused = await frends.api(
      'DELETE',
      `/process-deployments/${String(inDevelopment?.['deploymentId'])}`,
    );
    expect(refused.status).toBe(400);
    expect((await deploy(99)).body['detail']).toBe('Agent group not found');
    expect((await deploy(5)).status).toBe(400);
  });

  test('runs `Smoke test` without input within five seconds, and it leaves a log', async () => {
    const started = await frends.api(
      'POST',
      `/process-deployments/${frends.smokeTest.deploymentId}/execute`,
      {},
    );
    expect(started.status).toBe(202);
    const place = started.headers.get('location') ?? '';
    const deadline = Date.now() + 5_000;
    let details: Json = {};
    while (details['state'] !== 'Finished' && Date.now() < deadline) {
      await new Promise((done) => setTimeout(done, 50));
      const { body } = await send(frends.url, 'GET', place);
      details = (body['data'] as Json | undefined) ?? {};
    }
    expect(details).toMatchObject({ state: 'Finished', steps: null, hasLoggedSteps: true });
    const log = await fetch(String(details['stepDataUri']));
    expect((await log.text()).length).toBeGreaterThan(200);
    expect(frends.effects).toEqual(['run.started']);
  }, 15_000);

  test('fails a run on demand, and forgets a successful one that is not logged', async () => {
    const path = `/process-deployments/${frends.smokeTest.deploymentId}/execute`;
    for (const how of ['fail', 'unlogged'])
      await frends.api('POST', path, { durationMs: '1', [how]: 'true' });
    expect((await frends.api('POST', path, { durationMs: 1 })).status).toBe(400);
    const states = async (): Promise<unknown[]> => {
      const query = `processGuids=${frends.smokeTest.guid}&startTime=${new Date(Date.now() - 60_000).toISOString()}`;
      const { body } = await frends.api('GET', `/instances/3?${query}`);
      return (body['data'] as Json[]).map((each) => each['state']);
    };
    while ((await states()).length === 0) await new Promise((done) => setTimeout(done, 50));
    expect(await states()).toEqual(['Failed']);
  });

  test('pages runs by tokens that belong to their filters', async () => {
    const first = await frends.api('GET', '/instances/3?pageSize=4');
    const token = String(first.body['nextContinuationToken']);
    const second = await frends.api('GET', `/instances/3?pageSize=4&continuationToken=${token}`);
    const ids = [first, second].flatMap(({ body }) =>
      (body['data'] as Json[]).map((each) => Number(each['id'])),
    );
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
    const other = await frends.api('GET', `/instances/3?pageSize=5&continuationToken=${token}`);
    expect(other.status).toBe(400);
  });

  test('labels processes', async () => {
    const body = {
      elementType: 'Process',
      elementGuids: [frends.smokeTest.guid],
      tags: ['nightly'],
    };
    expect((await frends.api('PATCH', '/tags', body)).status).toBe(204);
    const tags = await frends.api('GET', `/tags?elementIdentifiers=${frends.smokeTest.guid}`);
    expect(tags.body['data']).toEqual({
      [frends.smokeTest.guid]: ['platform', 'daily', 'nightly'],
    });
    expect((await frends.api('DELETE', '/tags', body)).status).toBe(204);
  });

  test('describes what its release can do', async () => {
    const paths = async (url: string): Promise<string[]> =>
      Object.keys((await send(url, 'GET', '/v1.0/swagger.json')).body['paths'] as Json);
    const execute = '/api/v1/process-deployments/{id}/execute';
    expect(await paths(frends.url)).toContain(execute);
    const old = await startSandbox(
      frendsSandboxWith({ execute: false, tags: true, document: true }),
    );
    expect(await paths(old.url)).not.toContain(execute);
    const path = `/api/v1/process-deployments/${frends.smokeTest.deploymentId}/execute`;
    expect((await send(old.url, 'POST', path, {})).status).toBe(404);
    await old.close();
  });

  test('finds its state again after a restart, with runs as far as the clock', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'frends-sandbox-'));
    const file = join(folder, 'frends.json');
    const before = await startSandbox(frendsSandbox, { file });
    const execute = `/api/v1/process-deployments/${frends.smokeTest.deploymentId}/execute`;
    const place = (await send(before.url, 'POST', execute, { durationMs: '60000' })).headers;
    await before.close();
    const after = await startSandbox(frendsSandbox, { file });
    const poll = (): Promise<Answer> => send(after.url, 'GET', place.get('location') ?? '');
    while ((await poll()).status === 404) await new Promise((done) => setTimeout(done, 50));
    expect((await poll()).body['data']).toMatchObject({ state: 'Running' });
    expect(after.ledger().map((each) => each.effect)).toEqual(['run.started']);
    await after.close();
    rmSync(folder, { recursive: true });
  });
});
