import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Problem } from '../../src/http/problem.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get } from '../support/http.ts';
import { newKey, postTo, runThat, smokeTests, start, startsOn } from '../support/runs.ts';

jest.setTimeout(120_000);

let stage: Stage;
/** Demands a replica that its Redis does not have. */
let gateway: Gateway;
/** Demands none. */
let other: Gateway;
let smoke: Map<string, string>;

beforeAll(async () => {
  stage = await Stage.open();
  const demanding = { config: { redis: { minReplicas: 1 } } };
  [gateway, other] = await Promise.all([stage.gateway(demanding), stage.gateway(), stage.worker()]);
  smoke = await smokeTests(other);
});
afterAll(() => stage.close());

describe('where a replica is demanded that Redis does not have', () => {
  const refused = { code: 'store_unavailable', status: 503, outcome: 'not_sent' };

  it.each(['uipath', 'concord', 'odsl', 'frends'])(
    'no start on %s is accepted, with a key or without one, and nothing is left of it',
    async (platform) => {
      const process = smoke.get(platform) ?? '';
      const before = startsOn(stage, platform);
      const key = newKey();
      for (const headers of [{}, key]) {
        const { status, body } = await start<Problem>(gateway, process, {}, headers);
        expect([status, body]).toEqual([503, expect.objectContaining(refused)]);
      }
      expect(startsOn(stage, platform)).toBe(before);
      // Its key is free: a gateway that demands less takes the very same.
      const { status, headers } = await start(other, process, {}, key);
      expect([status, headers['idempotency-replayed']]).toEqual([202, undefined]);
    },
  );

  it('nothing is done to runs that must not be forgotten, and what is there is shown', async () => {
    const { body } = await start(other, smoke.get('concord') ?? '');
    const { id } = await runThat(gateway, body.id, ({ final }) => final);
    for (const headers of [{}, newKey()]) {
      const { status, body: problem } = await postTo<Problem>(gateway, id, 'restart', {}, headers);
      expect([status, problem]).toEqual([503, expect.objectContaining(refused)]);
    }
    expect(await runThat(gateway, id, ({ final }) => final)).toMatchObject({ attempt: 1 });
  });

  it('many who are refused at once do not hold up who only read', async () => {
    const process = smoke.get('uipath') ?? '';
    const refusals = Array.from({ length: 20 }, () => start<Problem>(gateway, process, {}));
    const lists = Array.from({ length: 10 }, () => get(gateway, '/v1/runs?limit=1'));
    for (const { status } of await Promise.all(lists)) expect(status).toBe(200);
    for (const { status, body } of await Promise.all(refusals))
      expect([status, body]).toEqual([503, expect.objectContaining(refused)]);
  });
});
