import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Operation } from '../../src/domain/operation.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { importFile, operationAt, packageOf } from '../support/imports.ts';
import { smokeTest } from '../support/reads.ts';
import { Listener } from '../support/sse.ts';

jest.setTimeout(120_000);

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
});
afterEach(() => {
  stage.forget();
});
afterAll(() => stage.close());

/** Everything that is told of an operation after it was accepted, in its order, its end included. */
async function watched(id: string): Promise<readonly Operation[]> {
  const listener = await Listener.open(`${gateway.baseUrl}/v1/operations/${id}/events`, {
    'last-event-id': '1',
  });
  await listener.ended;
  return listener.events.map(({ data }) => JSON.parse(data) as Operation);
}

describe('an import that takes long', () => {
  it('of several ODSL configurations says how many are saved while it goes on', async () => {
    const names = ['A', 'B', 'C', 'D', 'E'].map((name) => `PROGRESS_${name}`);
    const file = names.map((name) => ({ _id: name, name, service: 'ETL', script: 'return 1' }));
    stage.sandbox('odsl').faults.add({
      method: 'POST',
      path: 'process/v1',
      fault: { kind: 'latency', ms: 1_500 },
    });
    const { body } = await importFile(gateway, Buffer.from(JSON.stringify(file)), {
      connection: 'odsl',
    });
    expect(body.progress).toEqual({ done: 0, total: 5, unit: 'items' });
    const events = watched(body.id);
    await eventually(async () => {
      const { final, phase, progress } = await operationAt(gateway, body.id);
      expect([final, phase]).toEqual([false, 'sending']);
      expect(progress.done).toBeGreaterThan(0);
      expect(progress.done).toBeLessThan(5);
    });
    expect(await operationAt(gateway, body.id, 60)).toMatchObject({
      outcome: 'applied',
      progress: { done: 5, total: 5 },
    });
    const told = (await events).filter(({ phase }) => phase === 'sending');
    const counts = [...new Set(told.map(({ progress }) => progress.done))];
    expect(counts.length).toBeGreaterThan(2);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect((await events).at(-1)).toMatchObject({ final: true, progress: { done: 5, total: 5 } });
  });

  it('of a Frends export is verified before it ends', async () => {
    const file = await packageOf(gateway, await smokeTest(gateway, 'frends'));
    stage.sandbox('frends').faults.add({
      method: 'GET',
      path: '/api/v1/processes',
      fault: { kind: 'latency', ms: 500 },
    });
    const { body } = await importFile(gateway, file, {
      connection: 'frends',
      onConflict: 'new-version',
    });
    const told = await watched(body.id);
    const phases = told.map(({ phase }) => phase);
    expect(phases.filter((phase, at) => phase !== phases[at - 1])).toEqual([
      'sending',
      'verifying',
      null,
    ]);
    expect(told.at(-1)).toMatchObject({ outcome: 'applied', progress: { done: 1, total: 1 } });
  });
});
