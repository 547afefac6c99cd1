import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Gateway, Stage } from '../support/gateway.ts';
import { runThat, smokeTests, start } from '../support/runs.ts';

jest.setTimeout(240_000);

let stage: Stage;
let gateway: Gateway;
let smoke: Map<string, string>;

beforeAll(async () => {
  stage = await Stage.open({ connection: { timeout: '3s' } });
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
  smoke = await smokeTests(gateway);
});
afterAll(() => stage.close());

const startPath = '(/api/v1/process$|StartJobs|/process-exec/v1|/execute$)';
const sends = (platform: string): number =>
  stage
    .sandbox(platform)
    .requests()
    .filter((each) => each.startsWith('POST') && new RegExp(startPath).test(each)).length;
/** What a platform records of the runs that have really begun on it: their ids are in it, whatever it calls them. */
const begun = (platform: string): string[] =>
  stage
    .sandbox(platform)
    .ledger()
    .filter(({ effect }) => effect === 'run.started')
    .map(({ details }) => JSON.stringify(details));

describe.each(['concord', 'frends', 'odsl', 'uipath'] as const)(
  'a start on %s that takes effect and is never answered',
  (platform) => {
    it('is sent once, and known by its mark where runs bear one', async () => {
      const before = begun(platform).length;
      stage.sandbox(platform).forget();
      stage.sandbox(platform).faults.add({
        method: 'POST',
        path: startPath,
        times: 1,
        fault: { kind: 'hangAfterEffect' },
      });
      const { status, body } = await start(gateway, smoke.get(platform) ?? '');
      expect(status).toBe(202);
      const run = await runThat(gateway, body.id, ({ final }) => final, 200_000);
      const [effect = '', ...more] = begun(platform).slice(before);
      expect([sends(platform), more]).toEqual([1, []]);
      if (platform === 'frends') {
        expect([run.status, run.outcome, run.nativeId]).toEqual(['unknown', 'unknown', null]);
        const [candidate, ...others] = run.evidence?.candidates ?? [];
        expect(others).toEqual([]);
        expect(effect).toContain(candidate?.split(':').at(-1));
      } else {
        expect([run.status, run.outcome]).toEqual(['succeeded', 'applied']);
        expect(effect).toContain(run.nativeId);
      }
    });
  },
);
