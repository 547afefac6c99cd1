import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import type { FieldError } from '../../src/domain/errors.ts';
import type { Problem } from '../../src/http/problem.ts';
import { type FormPart, sendForm } from '../support/form.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { importFile, type ImportPlanBody } from '../support/imports.ts';

jest.setTimeout(60_000);

const megabyte = 1_024 ** 2;
const mostBytes = 20 * megabyte;

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open({ config: { files: { maxBytes: '20MB' } } });
  gateway = await stage.gateway();
});
afterAll(() => stage.close());

const good = Buffer.from(JSON.stringify({ _id: 'ORDER', service: 'ETL', script: '1' }));
const file: FormPart = ['file', good, 'order.json'];
const empty: FormPart = ['file', Buffer.alloc(0), 'empty.json'];
const to = (connection: string): FormPart => ['connection', connection];
const mode = (text: string): FormPart => ['onConflict', text];

type Headers = Readonly<Record<string, string>>;

/** The status and the first place of a refusal. */
async function told(parts: readonly FormPart[], query = '', headers: Headers = {}) {
  const { status, body } = await sendForm<Problem>(gateway, `/v1/imports${query}`, parts, headers);
  expect(body.outcome).toBe('not_sent');
  const [first] = (body['errors'] ?? []) as FieldError[];
  return [status, first?.at];
}

describe('of what is wrong with an import, first is told', () => {
  it.each<[string, readonly FormPart[], string, Headers]>([
    ['a query', [file, to('nowhere')], '?wait=x', {}],
    ['a query that names it', [file], '?connection=nowhere&surprise=1', {}],
    ['a mode', [mode('merge'), file, file, to('nowhere')], '', {}],
    ['a part', [['feed', 'x'], to('nowhere')], '', {}],
    ['a key', [to('nowhere'), file], '', { 'idempotency-key': '' }],
    ['a plan', [to('nowhere'), file], '', { 'if-match': '*' }],
    ['a preference', [empty, to('nowhere')], '', { prefer: 'wait=soon' }],
  ])('that there is no such connection, before %s', async (_, parts, query, headers) => {
    expect(await told(parts, query, headers)).toEqual([404, undefined]);
  });

  it.each<[string, readonly FormPart[], string, Headers]>([
    ['onConflict', [to('concord'), mode('merge'), file], '', {}],
    ['onConflict', [mode('merge'), file, to('concord')], '', {}],
    ['file', [to('concord')], '', {}],
    ['file', [to('concord'), file, file], '', {}],
    ['wait', [to('concord'), file], '?wait=x', {}],
    ['wait', [file], '?connection=concord&wait=x', {}],
    ['If-Match', [to('concord'), file], '', { 'if-match': '*' }],
    ['connection', [to('frends'), file], '?connection=concord', {}],
    ['connection', [mode('new-active'), file], '', {}],
    ['feed', [to('odsl'), mode('new-active'), empty, ['feed', 'x']], '', {}],
  ])('what is wrong with %s, before what a platform cannot', async (at, parts, query, headers) => {
    expect(await told(parts, query, headers)).toEqual([400, at]);
  });

  it('what a platform cannot, before what is wrong with the file', async () => {
    expect(await told([empty, to('concord')])).toEqual([501, undefined]);
    expect(await told([to('odsl'), mode('new-active'), empty])).toEqual([501, undefined]);
    expect(await told([to('odsl'), mode('error'), empty])).toEqual([422, 'file']);
  });

  it.each(['*', '"7"', 'Xc0bdkcYBCvLS5Mt0lIYyP4bFJTvXTg4Ijpkc6wgIbo', 'W/"x"'])(
    'that %s is no plan',
    async (tag) => {
      const headers = { 'if-match': tag };
      const { status, body } = await importFile<Problem>(
        gateway,
        good,
        { connection: 'odsl' },
        headers,
      );
      expect([status, body.detail]).toEqual([
        400,
        'If-Match must be the planToken of a plan, in quotes.',
      ]);
    },
  );
});

describe('the file of an import', () => {
  const spaces = (length: number): FormPart => ['file', Buffer.alloc(length, 32), 'a.json'];

  it('may be as large as files may be, whatever stands around it', async () => {
    expect(await told([to('frends'), spaces(mostBytes)])).toEqual([422, expect.anything()]);
    expect(await told([to('frends'), spaces(mostBytes + 1)])).toEqual([413, undefined]);
    expect(await told([to('frends'), spaces(mostBytes + megabyte)])).toEqual([413, undefined]);
  });

  it('may be as large as its platform takes, which is told as soon as that is known', async () => {
    const most = 4 * megabyte;
    expect(await told([to('odsl'), spaces(most)])).toEqual([422, expect.anything()]);
    for (const parts of [
      [to('odsl'), spaces(most + 1)],
      [spaces(most + 1), to('odsl')],
      [to('odsl'), spaces(mostBytes)],
    ])
      expect(await told(parts)).toEqual([413, undefined]);
    const { body } = await sendForm<Problem>(gateway, '/v1/imports?connection=odsl', [
      spaces(most + megabyte),
    ]);
    expect([body.code, body.detail]).toEqual([
      'too_large',
      `The file is larger than ${most} bytes, which is the most that OpenDataDSL imports here.`,
    ]);
  });

  it('has the version that it is said to have, however that is written where it may be', async () => {
    const zip = new ZipFile();
    const metadata = '<id>Ordered</id><version>1.0.0</version>';
    const manifest = `<package><metadata>${metadata}</metadata></package>`;
    zip.addBuffer(Buffer.from(manifest), 'Ordered.nuspec');
    zip.end();
    const content = await buffer(zip.outputStream);
    const texts = { connection: 'uipath', validateOnly: 'true' };
    for (const version of ['1.0', '1.0.0.0', '01.0.0']) {
      const plan = await importFile<ImportPlanBody>(gateway, content, { ...texts, version });
      expect([plan.status, plan.body.items[0]?.version]).toEqual([200, '1.0.0']);
    }
    const other = await importFile<Problem>(gateway, content, { ...texts, version: '1.0.1' });
    expect([other.status, other.body.code]).toEqual([422, 'invalid_file']);
  });

  it('is another one under another name where that decides what it brings', async () => {
    const headers = { 'idempotency-key': 'named-file' };
    const send = (name: string) =>
      sendForm<Problem>(gateway, '/v1/imports', [to('odsl'), ['file', good, name]], headers);
    expect((await send('ORDER.1.json')).status).toBe(202);
    expect((await send('ORDER.1.json')).headers['idempotency-replayed']).toBe('?1');
    expect((await send('OTHER.1.json')).body.code).toBe('idempotency_key_reused');
  });
});
