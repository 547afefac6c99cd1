import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { Run } from '../../src/domain/run.ts';
import type { Problem } from '../../src/http/problem.ts';
import { packageOf as nupkgOf } from '../../src/platforms/uipath/nupkg.testing.ts';
import { writeZip } from '../../src/sandbox/kit/zip.ts';
import { eventually } from '../support/eventually.ts';
import { type FormPart, sendForm } from '../support/form.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get } from '../support/http.ts';
import { importFile, type ImportPlanBody, operationAt, packageOf } from '../support/imports.ts';
import { ended } from '../support/runs.ts';
import { s3Program } from '../support/s3-program.ts';
import { S3Stage } from '../support/s3-stage.ts';

jest.setTimeout(120_000);

const flows = 'flows:\n  main:\n    - log: "from a bucket"\n';
const zip = writeZip([{ name: 'concord.yml', content: Buffer.from(flows) }]);
const form: readonly FormPart[] = [
  ['archive', zip, 'flow.zip'],
  ['data.bin', Buffer.alloc(7_000_000, 1), 'data.bin'],
  ['connection', 'concord'],
  ['entryPoint', 'main'],
];
/** Too large to be held beside its store. */
const bulky = nupkgOf('From.Bucket', '1.0.0', randomBytes(6_000_000).toString('base64'));

const program = await s3Program('no gateway has brought files to a worker by one.');

(program === null ? describe.skip : describe)('files in a bucket', () => {
  let bucket: S3Stage;
  let stage: Stage;
  let gateway: Gateway;

  beforeAll(async () => {
    bucket = await S3Stage.open(program ?? '');
    const { endpoint, region, accessKeyId, secretAccessKey } = bucket.server;
    const s3 = { endpoint, region, bucket: bucket.bucket, prefix: 'gateway/', accessKeyId };
    const files = { s3: { ...s3, secretAccessKey: { env: 'S3_SECRET' } } };
    stage = await Stage.open({ config: { files } });
    const env = { S3_SECRET: secretAccessKey };
    [gateway] = await Promise.all([stage.gateway({ env }), stage.worker({ env })]);
  });
  afterAll(async () => {
    const printed = stage.output();
    await stage.close();
    await bucket.close();
    expect(printed).not.toContain(bucket.server.secretAccessKey);
  });

  it('come from the gateway to the worker, which sends them and removes them', async () => {
    const { status, body } = await sendForm<Run>(gateway, '/v1/runs', form);
    expect(status).toBe(202);
    const run = await ended(gateway, body.id);
    expect([run.status, run.outcome]).toEqual(['succeeded', 'applied']);
    await eventually(async () => {
      expect(await bucket.keptBelow('')).toEqual([]);
    });
  });

  it('are looked into there, planned and imported, as a package that is read from its end', async () => {
    const texts = { connection: 'uipath', validateOnly: 'true' };
    const planned = await importFile<ImportPlanBody>(gateway, bulky, texts);
    expect([planned.status, planned.body.items[0]?.effect]).toEqual([200, 'created']);
    expect(await bucket.keptBelow('')).toEqual([]);
    const headers = { 'if-match': `"${planned.body.planToken}"` };
    const accepted = await importFile(gateway, bulky, { connection: 'uipath' }, headers);
    expect(accepted.status).toBe(202);
    const done = await operationAt(gateway, accepted.body.id, 60);
    expect(done).toMatchObject({
      outcome: 'applied',
      input: { file: { length: bulky.length } },
      result: { items: [{ process: 'uipath:From.Bucket', version: '1.0.0', effect: 'created' }] },
    });
    const held = await packageOf(gateway, 'uipath:From.Bucket', '1.0.0');
    expect(held.equals(bulky)).toBe(true);
    await eventually(async () => {
      expect(await bucket.keptBelow('')).toEqual([]);
    });
  });

  it('that are no packages are refused there, and leave nothing behind', async () => {
    const cut = bulky.subarray(0, bulky.length - 10);
    const { status, body } = await importFile<Problem>(gateway, cut, { connection: 'uipath' });
    expect([status, body.code, body.outcome]).toEqual([422, 'invalid_file', 'not_sent']);
    expect(await bucket.keptBelow('')).toEqual([]);
  });

  it('are refused while there is no bucket, and nothing is done', async () => {
    await bucket.server.kill();
    const { status, body } = await sendForm<Problem>(gateway, '/v1/runs', form);
    expect([status, body.code, body.outcome]).toEqual([503, 'store_unavailable', 'not_sent']);
    expect(body.detail).toMatch(/^Files cannot be stored \(S3: \w+\), so nothing was done\.$/);
    const { body: list } = await get<{ data: Run[] }>(gateway, '/v1/runs?connection=concord');
    expect(list.data.filter(({ process }) => process === null)).toHaveLength(1);
    await bucket.server.start();
    expect((await sendForm(gateway, '/v1/runs', form)).status).toBe(202);
  });
});
