import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Operation } from '../../src/domain/operation.ts';
import type { Problem } from '../../src/http/problem.ts';
import { eventually } from '../support/eventually.ts';
import { type FormPart, sendForm } from '../support/form.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, get, send } from '../support/http.ts';
import { importFile, type ImportPlanBody, operationAt, packageOf } from '../support/imports.ts';
import type { Program } from '../support/program.ts';
import { smokeTest, versionsOf } from '../support/reads.ts';
import { newKey } from '../support/runs.ts';

jest.setTimeout(120_000);

let stage: Stage;
let gateway: Gateway;
let worker: Program;

beforeAll(async () => {
  stage = await Stage.open({
    config: { files: { maxBytes: '4MB' } },
    connection: { importTimeout: '5s' },
  });
  [gateway, worker] = await Promise.all([stage.gateway(), stage.worker()]);
});
afterEach(() => {
  stage.forget();
});
afterAll(() => stage.close());

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const configuration = (name: string, script = 'return 1'): object => ({
  _id: name,
  name,
  service: 'ETL',
  script,
});
const files = (): string[] => {
  const folder = join(stage.folder, 'files');
  return existsSync(folder) ? readdirSync(folder) : [];
};
const noFiles = (): Promise<void> =>
  eventually(() => {
    expect(files()).toEqual([]);
  });

describe('an import', () => {
  it('of a configuration is 202 at once, and the next list shows what it made', async () => {
    const answer = await importFile(gateway, json(configuration('FX_IMPORTED')), {
      connection: 'odsl',
    });
    expect([answer.status, answer.body.kind, answer.body.connection]).toEqual([
      202,
      'import',
      'odsl',
    ]);
    expect(answer.headers['location']).toBe(`/v1/operations/${answer.body.id}`);
    const operation = await operationAt(gateway, answer.body.id, 30);
    expect(operation).toMatchObject({
      status: 'succeeded',
      outcome: 'applied',
      progress: { done: 1, total: 1, unit: 'items' },
      result: { items: [{ process: 'odsl:FX_IMPORTED', effect: 'created', version: '1' }] },
    });
    const { body } = await get<{ data: { id: string }[] }>(
      gateway,
      '/v1/processes?connection=odsl&key=FX_IMPORTED',
    );
    expect(body.data.map(({ id }) => id)).toEqual(['odsl:FX_IMPORTED']);
    await noFiles();
  });

  it('of a Frends export makes new versions of what stands, and says so of each', async () => {
    const smoke = await smokeTest(gateway, 'frends');
    const before = await versionsOf(gateway, smoke);
    const file = await packageOf(gateway, smoke);
    const answer = await importFile(
      gateway,
      file,
      { onConflict: 'new-version', connection: 'frends' },
      { prefer: 'wait=30' },
    );
    expect(answer.status).toBe(200);
    const after = await versionsOf(gateway, smoke);
    expect(after).toHaveLength(before.length + 1);
    expect(answer.body.result?.items).toEqual([
      expect.objectContaining({
        process: smoke,
        effect: 'new_version',
        version: after[0]?.version,
        versionId: after[0]?.versionId,
      }),
    ]);
  });

  it('of what stands already ends as a conflict: the operation, and with Prefer: wait the answer', async () => {
    const smoke = await smokeTest(gateway, 'uipath');
    const file = await packageOf(gateway, smoke);
    const late = await importFile(gateway, file, { connection: 'uipath' });
    expect(late.status).toBe(202);
    expect(await operationAt(gateway, late.body.id, 30)).toMatchObject({
      status: 'failed',
      outcome: 'not_sent',
      problem: { code: 'conflict' },
      result: { items: [{ effect: 'conflict' }] },
    });
    const now = await importFile<Problem>(
      gateway,
      file,
      { connection: 'uipath' },
      { prefer: 'wait=30' },
    );
    expect([now.status, now.body.code, now.body.outcome]).toEqual([409, 'conflict', 'not_sent']);
    expect(now.headers['location']).toMatch(/^\/v1\/operations\/op-/);
    const kept = await importFile(
      gateway,
      file,
      { connection: 'uipath', onConflict: 'use-existing' },
      { prefer: 'wait=30' },
    );
    expect([kept.status, kept.body.result?.items[0]?.effect]).toEqual([200, 'kept']);
    await noFiles();
  });

  it('takes its parts in any order, and what the query says', async () => {
    const file = json(configuration('FX_ORDERED'));
    const path = '/v1/imports?wait=30';
    const last = await sendForm<Operation>(gateway, path, [
      ['file', file, 'a.json'],
      ['onConflict', 'new-version'],
      ['connection', 'odsl'],
    ]);
    expect([last.status, last.body.result?.items[0]?.effect]).toEqual([200, 'created']);
    const query = `${path}&connection=odsl&onConflict=use-existing`;
    const said = await sendForm<Operation>(gateway, query, [['file', file, 'a.json']]);
    expect([said.status, said.body.result?.items[0]?.effect]).toEqual([200, 'kept']);
    // A page sends its empty fields too.
    const empty = `${path}&connection=&onConflict=&validateOnly=&version=`;
    const form: FormPart[] = [
      ['onConflict', 'use-existing'],
      ['connection', 'odsl'],
      ['file', file, 'a.json'],
    ];
    expect((await sendForm<Operation>(gateway, empty, form)).body.outcome).toBe('applied');
  });

  it('with one key is one operation, however many send it at once, and leaves one file at most', async () => {
    const headers = newKey();
    const file = json(configuration('FX_ONCE'));
    const send = (): Promise<{ status: number; body: Operation }> =>
      importFile(gateway, file, { connection: 'odsl' }, headers);
    const answers = await Promise.all(Array.from({ length: 100 }, send));
    const ids = new Set(answers.filter(({ status }) => status < 300).map(({ body }) => body.id));
    const refused = answers.filter(({ status }) => status >= 300);
    expect(ids.size).toBe(1);
    expect(new Set(refused.map(({ status }) => status)).size).toBeLessThanOrEqual(1);
    expect(refused.every(({ status }) => status === 409)).toBe(true);
    const [id = ''] = ids;
    expect(await operationAt(gateway, id, 30)).toMatchObject({ outcome: 'applied' });
    const again = await send();
    expect([again.status, again.body.id]).toEqual([202, id]);
    const other = await importFile<Problem>(
      gateway,
      json(configuration('FX_OTHER')),
      { connection: 'odsl' },
      headers,
    );
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    await noFiles();
  });

  it('that waits for its turn can be cancelled, and is not sent', async () => {
    const hang = { kind: 'hang' } as const;
    stage.sandbox('odsl').faults.add({ path: 'FX_FIRST', method: 'GET', fault: hang });
    const first = await importFile(gateway, json(configuration('FX_FIRST')), {
      connection: 'odsl',
    });
    const second = await importFile(gateway, json(configuration('FX_SECOND')), {
      connection: 'odsl',
    });
    const cancelled = await send<Operation>(
      gateway,
      'post',
      `/v1/operations/${second.body.id}/cancel`,
    );
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled']);
    stage.forget();
    expect(await operationAt(gateway, first.body.id, 60)).toMatchObject({ outcome: 'applied' });
    expect((await get(gateway, at('odsl:FX_SECOND'))).status).toBe(404);
    await noFiles();
  });

  it('survives a kill of the worker while it is sent: it is done once', async () => {
    const effects = (): number =>
      stage
        .sandbox('odsl')
        .ledger()
        .filter((entry) => JSON.stringify(entry).includes('FX_KILLED')).length;
    const after = { kind: 'hang' } as const;
    stage.sandbox('odsl').faults.add({ method: 'POST', path: 'process', times: 1, fault: after });
    const { body } = await importFile(gateway, json(configuration('FX_KILLED')), {
      connection: 'odsl',
    });
    await eventually(async () => {
      expect((await operationAt(gateway, body.id)).phase).toBe('sending');
    });
    await worker.kill();
    worker = await stage.worker();
    await eventually(async () => {
      expect(await operationAt(gateway, body.id, 30)).toMatchObject({ outcome: 'applied' });
    }, 100_000);
    expect(effects()).toBe(1);
  });
});

describe('a plan of an import', () => {
  const planned = (file: Buffer, texts: Record<string, string> = {}) =>
    importFile<ImportPlanBody>(gateway, file, {
      connection: 'odsl',
      validateOnly: 'true',
      ...texts,
    });

  it('says what would be done, and does nothing', async () => {
    const file = json([configuration('FX_PLANNED'), configuration('SMOKE_TEST')]);
    const { status, body, headers } = await planned(file);
    expect([status, headers['etag']]).toEqual([200, `"${body.planToken}"`]);
    expect(body.items.map(({ process, effect }) => [process, effect])).toEqual([
      ['odsl:FX_PLANNED', 'created'],
      ['odsl:SMOKE_TEST', 'conflict'],
    ]);
    const kept = await planned(file, { onConflict: 'use-existing' });
    expect(kept.body.items[1]?.effect).toBe('kept');
    expect((await get(gateway, at('odsl:FX_PLANNED'))).status).toBe(404);
    expect(files()).toEqual([]);
  });

  it('holds until the platform has moved: then its import is 412', async () => {
    const file = json(configuration('FX_TOKEN', 'return 2'));
    const { body: plan } = await planned(file, { onConflict: 'new-version' });
    const headers = { 'if-match': `"${plan.planToken}"`, prefer: 'wait=30' };
    const texts = { connection: 'odsl', onConflict: 'new-version' };
    const done = await importFile(gateway, file, texts, headers);
    expect([done.status, done.body.outcome]).toEqual([200, 'applied']);
    const moved = await importFile<Problem>(gateway, file, texts, headers);
    expect([moved.status, moved.body.code, moved.body.outcome]).toEqual([
      412,
      'precondition_failed',
      'not_sent',
    ]);
    await noFiles();
  });
});
