import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get } from '../support/http.ts';
import { expectProblem } from '../support/problem.ts';
import { ended, smokeTests, start } from '../support/runs.ts';

jest.setTimeout(60_000);

/** Far above the five seconds of a read, far below the minutes of a large file. */
const soonMs = 15_000;

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open({ connection: { timeout: '2s' } });
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
});
afterAll(() => stage.close());

it.each([
  ['concord', '/attachment/'],
  ['uipath', '/blobs/'],
])('a file of a run of %s that its platform does not open is 504', async (platform, where) => {
  const process = (await smokeTests(gateway)).get(platform) ?? '';
  const { id } = await ended(gateway, (await start(gateway, process)).body.id);
  const list = `/v1/runs/${encodeURIComponent(id)}/attachments`;
  const { body } = await get<{ data: { name: string }[] }>(gateway, list);
  const [{ name } = { name: '' }] = body.data;
  stage.sandbox(platform).faults.add({ path: where, fault: { kind: 'hang' } });
  const begun = Date.now();
  const path = `${list}/${encodeURIComponent(name)}`;
  expectProblem(await get(gateway, path), 'upstream_timeout');
  expect(Date.now() - begun).toBeLessThan(soonMs);
});
