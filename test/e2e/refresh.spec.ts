import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Source } from '../../src/domain/source.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { type Answer, post, send } from '../support/http.ts';
import { newKey } from '../support/runs.ts';

jest.setTimeout(60_000);

const path = '/v1/connections/odsl/refresh';

describe('a refresh with an Idempotency-Key', () => {
  let stage: Stage;
  let one: Gateway;
  let other: Gateway;

  beforeAll(async () => {
    stage = await Stage.open();
    [one, other] = await Promise.all([stage.gateway(), stage.gateway()]);
  });
  afterAll(() => stage.close());

  const refresh = (gateway: Gateway, headers: Record<string, string>): Promise<Answer<Source>> =>
    post<Source>(gateway, path, { prefer: 'wait=10', ...headers });

  it('is done once, whichever replica is asked again, and says so', async () => {
    const key = newKey();
    const first = await refresh(one, key);
    expect([first.status, first.body.status]).toEqual([200, 'fresh']);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    stage.forget();
    for (const gateway of [one, other]) {
      const again = await refresh(gateway, key);
      expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, '?1']);
      expect(again.body).toMatchObject({ connection: 'odsl', asOf: first.body.asOf });
    }
    expect(stage.requestCount()).toBe(0);
  });

  it('is done again with another key, or with none', async () => {
    stage.forget();
    expect((await refresh(one, newKey())).headers['idempotency-replayed']).toBeUndefined();
    expect(stage.requestCount()).toBeGreaterThan(0);
    expect((await refresh(one, {})).headers['idempotency-replayed']).toBeUndefined();
  });

  it('is refused when the key belongs to another request, or is none', async () => {
    const key = newKey();
    expect((await refresh(one, key)).status).toBe(200);
    const reused = await send(one, 'post', '/v1/connections/concord/refresh', {
      headers: { ...key },
    });
    expect([reused.status, reused.body.code]).toEqual([422, 'idempotency_key_reused']);
    const bad = await send(one, 'post', path, { headers: { 'idempotency-key': ' ' } });
    expect([bad.status, bad.body.code]).toEqual([400, 'invalid_request']);
  });
});
