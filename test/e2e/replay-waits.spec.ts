import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Operation } from '../../src/domain/operation.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { send } from '../support/http.ts';
import { ended, newKey, start } from '../support/runs.ts';

jest.setTimeout(120_000);

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
});
afterAll(() => stage.close());

describe('a write that was answered with 202, and is repeated with its key', () => {
  it('is told 200 where it waits for the end of its run, else what it was told', async () => {
    const key = newKey();
    const first = await start(gateway, 'uipath:SmokeTest', {}, key);
    expect(first.status).toBe(202);
    await ended(gateway, first.body.id);
    const asked = [{ prefer: 'wait=60' }, {}, { prefer: 'wait=1' }, {}];
    const again = [];
    for (const headers of asked)
      again.push(await start(gateway, 'uipath:SmokeTest', {}, { ...key, ...headers }));
    expect(again.map(({ status }) => status)).toEqual([200, 202, 200, 202]);
    for (const { body, headers } of again) {
      expect(body).toMatchObject({ id: first.body.id, final: true });
      expect(headers['idempotency-replayed']).toBe('?1');
    }
  });

  it('is told that a change is done where it waits for that', async () => {
    const change = (prefer: string): ReturnType<typeof send<Operation>> =>
      send<Operation>(gateway, 'put', '/v1/processes/odsl:REPEATED', {
        headers: { ...key, prefer, 'content-type': 'application/json' },
        body: JSON.stringify({ service: 'ETL', script: 'return 1' }),
      });
    const key = newKey();
    expect((await change('wait=0')).status).toBe(202);
    const waited = await change('wait=60');
    expect([waited.status, waited.body.status]).toEqual([201, 'succeeded']);
    expect((await change('wait=0')).status).toBe(202);
  });
});
