import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Process } from '../../src/domain/process.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { list } from '../support/http.ts';
import { importFile, packageOf } from '../support/imports.ts';
import { smokeTest } from '../support/reads.ts';

jest.setTimeout(120_000);

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
});
afterAll(() => stage.close());

describe('an import that makes a further process each time it is done', () => {
  it('is sent again where its platform said 429, as nothing came of that, and makes one', async () => {
    const smoke = await smokeTest(gateway, 'frends');
    const file = await packageOf(gateway, smoke);
    const fault = { kind: 'status', status: 429 } as const;
    stage.forget();
    const { faults } = stage.sandbox('frends');
    faults.add({ method: 'POST', path: 'batch-import', times: 1, fault });
    const done = await importFile(
      gateway,
      file,
      { connection: 'frends', onConflict: 'new-inactive' },
      { prefer: 'wait=60' },
    );
    expect([done.status, done.body.result?.items.map(({ effect }) => effect)]).toEqual([
      200,
      ['created'],
    ]);
    const posts = stage
      .sandbox('frends')
      .requests()
      .filter((line) => line.startsWith('POST') && line.includes('batch-import'));
    expect(posts).toHaveLength(2);
    const { body } = await list(gateway, '?connection=frends&limit=200&name=Smoke%20test');
    const alike = body.data.filter(({ name }: Process) => name.startsWith('Smoke test'));
    expect(alike).toHaveLength(2);
  });
});
