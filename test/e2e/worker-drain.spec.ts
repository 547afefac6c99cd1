import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Run } from '../../src/domain/run.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, get, post } from '../support/http.ts';
import { importFile, operationAt } from '../support/imports.ts';
import type { Program } from '../support/program.ts';

jest.setTimeout(120_000);

/** Longer than what else has to end is waited for. */
const answerMs = 8_000;

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open({ connection: { timeout: '20s' } });
  gateway = await stage.gateway();
});
afterEach(() => {
  stage.forget();
});
afterAll(() => stage.close());

/** Lets a platform take its time for the next request of a kind; resolves once that is there. */
function slow(platform: string, path: string): () => Promise<void> {
  const { faults } = stage.sandbox(platform);
  const asked = (): number =>
    stage
      .sandbox(platform)
      .requests()
      .filter((each) => each.startsWith('POST') && new RegExp(path).test(each)).length;
  const before = asked();
  faults.add({ method: 'POST', path, times: 1, fault: { kind: 'latency', ms: answerMs } });
  return () =>
    eventually(() => {
      expect(asked()).toBeGreaterThan(before);
    }, 30_000);
}

async function ends(worker: Program): Promise<void> {
  worker.signal('SIGTERM');
  await worker.end(60_000);
}

describe('a worker that is asked to end', () => {
  it('waits for the answer of the import that it sends', async () => {
    const worker = await stage.worker();
    const arrives = slow('odsl', '/process/v1(\\?|$)');
    const file = Buffer.from(
      JSON.stringify([{ _id: 'DRAINED', name: 'DRAINED', service: 'ETL', script: 'return 1' }]),
    );
    const { body } = await importFile(gateway, file, { connection: 'odsl' });
    await arrives();
    await ends(worker);
    // Nobody is left who could find it out.
    expect(await operationAt(gateway, body.id)).toMatchObject({
      status: 'succeeded',
      outcome: 'applied',
    });
  });

  it('waits for the answer of the start that it sends', async () => {
    const worker = await stage.worker();
    const arrives = slow('uipath', 'StartJobs');
    const { body } = await post<Run>(gateway, at('uipath:SmokeTest', '/runs'));
    await arrives();
    await ends(worker);
    const { body: run } = await get<Run>(gateway, `/v1/runs/${encodeURIComponent(body.id)}`);
    expect(run).toMatchObject({ outcome: 'applied' });
  });
});
