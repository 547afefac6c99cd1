import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { buffer, json } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import type { FieldError } from '../../src/domain/errors.ts';
import type { Problem } from '../../src/http/problem.ts';
import { eventually } from '../support/eventually.ts';
import { type FormPart, sendForm } from '../support/form.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { send } from '../support/http.ts';
import { importFile, packageOf } from '../support/imports.ts';
import { smokeTest } from '../support/reads.ts';

jest.setTimeout(60_000);

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open({ config: { files: { maxBytes: '2MB' } } });
  gateway = await stage.gateway();
});
afterAll(() => stage.close());

const gigabyte = 1_024 ** 3;
const good = Buffer.from(JSON.stringify({ _id: 'FX', name: 'FX', service: 'ETL', script: '1' }));
const file: FormPart = ['file', good, 'fx.json'];
const odsl: FormPart = ['connection', 'odsl'];

async function refused(parts: readonly FormPart[], query = ''): Promise<Problem> {
  const answer = await sendForm<Problem>(gateway, `/v1/imports${query}`, parts);
  expect(answer.status).toBe(answer.body.status);
  expect(answer.body.outcome).toBe('not_sent');
  return answer.body;
}

/** The first place that a problem names. */
function placeOf(problem: Problem): string | undefined {
  return (problem['errors'] as FieldError[] | undefined)?.[0]?.at;
}

function files(): readonly string[] {
  const folder = join(stage.folder, 'files');
  return existsSync(folder) ? readdirSync(folder) : [];
}

async function nothingLeft(): Promise<void> {
  await eventually(() => {
    expect(files()).toEqual([]);
  });
}

describe('an import is refused', () => {
  it.each<[string, number, string, readonly FormPart[]]>([
    ['without a connection', 400, 'connection', [file]],
    ['without a file', 400, 'file', [odsl]],
    ['with a file twice', 400, 'file', [odsl, file, file]],
    ['with a text twice', 400, 'connection', [odsl, odsl, file]],
    ['with a part that is none of its own', 400, 'feed', [odsl, ['feed', 'x'], file]],
    ['with a way that there is not', 400, 'onConflict', [odsl, ['onConflict', 'merge'], file]],
    ['with something else than true', 400, 'validateOnly', [odsl, ['validateOnly', '1'], file]],
    ['with an empty file', 422, 'file', [odsl, ['file', Buffer.alloc(0), 'a.json']]],
    ['of another version than said', 422, 'version', [odsl, ['version', '7'], file]],
  ])('%s', async (_case, status, at, parts) => {
    const problem = await refused(parts);
    expect([problem.status, placeOf(problem)]).toEqual([status, at]);
    await nothingLeft();
  });

  it('where nothing is connected, or the platform imports nothing, or not in that way', async () => {
    stage.forget();
    expect(await refused([['connection', 'nowhere'], file])).toMatchObject({ status: 404 });
    expect(await refused([file, ['connection', 'concord']])).toMatchObject({ status: 501 });
    expect(await refused([odsl, ['onConflict', 'new-active'], file])).toMatchObject({
      status: 501,
      code: 'capability_not_supported',
    });
    expect(stage.requestCount()).toBe(0);
    await nothingLeft();
  });

  it('where query and form contradict each other', async () => {
    const problem = await refused([odsl, file], '?connection=frends');
    expect(placeOf(problem)).toBe('connection');
  });

  it('as anything but a form', async () => {
    const answer = await send(gateway, 'post', '/v1/imports', {
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect([answer.status, answer.body.code]).toEqual([415, 'unsupported_media_type']);
    expect(answer.body.detail).not.toContain('ZIP');
  });

  it('once it is too large, at once', async () => {
    const large = await importFile<Problem>(gateway, Buffer.alloc(3 * 1_024 ** 2, 32), {
      connection: 'frends',
    });
    expect([large.status, large.body.code]).toEqual([413, 'too_large']);
    await nothingLeft();
  });
});

/** A package whose content is as small as nothing, and grows beyond what anybody would unpack. */
async function bomb(): Promise<Buffer> {
  return zipped({ 'Bomb.nuspec': manifest, 'lib/zeros.bin': Buffer.alloc(64 * 1_024 ** 2) });
}

const manifest = Buffer.from(
  '<package><metadata><id>Bomb</id><version>1.0.0</version><title>é</title></metadata></package>',
);

async function zipped(entries: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(entries)) zip.addBuffer(content, name);
  zip.end();
  return buffer(zip.outputStream);
}

describe('a file of a gigabyte', () => {
  it.each([
    ['frends', {}],
    ['uipath', {}],
    ['odsl', {}],
    ['frends', { 'content-length': String(gigabyte) }],
  ])('for %s, told %j, is 413 at once, whatever is still to come', async (connection, told) => {
    const sending = request(`${gateway.baseUrl}/v1/imports?connection=${connection}`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b', ...told },
    });
    const closed = new Promise((resolve) => sending.once('close', resolve));
    sending.on('error', () => undefined);
    const answered = new Promise<Problem>((resolve) => {
      sending.once('response', (response) => {
        void json(response).then((body) => {
          resolve(body as Problem);
        });
      });
    });
    sending.write(`--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n`);
    const chunk = Buffer.alloc(64 * 1_024, 32);
    let [sent, isAnswered] = [0, false];
    void answered.then(() => (isAnswered = true));
    while (!isAnswered && sent < gigabyte) {
      sent += chunk.length;
      if (!sending.write(chunk)) await Promise.race([answered, once(sending, 'drain')]);
    }
    expect(await answered).toMatchObject({
      status: 413,
      code: 'too_large',
      outcome: 'not_sent',
      detail: expect.stringMatching(/^The file is larger than \d+ bytes/),
    });
    expect(sent).toBeLessThan(gigabyte / 10);
    await nothingLeft();
    // Who goes on all the same is cut off.
    const going = setInterval(() => sending.write(chunk), 50);
    await closed;
    clearInterval(going);
  });
});

describe('a broken file is 422 that says where, and leaves nothing behind', () => {
  const bom16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(good.toString(), 'utf16le')]);
  it.each<[string, string, Buffer]>([
    ['half of a JSON', 'odsl', good.subarray(0, 20)],
    ['a JSON in UTF-16', 'odsl', bom16],
    ['a JSON in Latin-1', 'odsl', Buffer.from('{"_id":"FX","name":"é"}', 'latin1')],
    ['a number', 'odsl', Buffer.from('7')],
    ['no key', 'odsl', Buffer.from('{"service":"ETL"}')],
    ['a key that widens', 'odsl', Buffer.from('{"_id":"*","service":"ETL"}')],
    [
      'what grows as it is read',
      'odsl',
      Buffer.from(`${'['.repeat(300_000)}${']'.repeat(300_000)}`),
    ],
    ['a number that none holds', 'odsl', Buffer.from('{"_id":"FX","input":{"a":1e999}}')],
    ['a ZIP', 'odsl', Buffer.from('PK\u0003\u0004')],
    ['an export in Latin-1', 'frends', Buffer.from('{"Processes":[{"Name":"é"}]}', 'latin1')],
    [
      'what grows as it is read',
      'frends',
      Buffer.from(`{"Processes":[{"A":${'['.repeat(300_000)}`),
    ],
    ['processes without end', 'frends', Buffer.from(`{"Processes":[${'{},'.repeat(600_000)}{}]}`)],
    ['half of an export', 'frends', Buffer.from('{"Processes":[{"UniqueIdentifier":')],
    ['an export in UTF-16', 'frends', bom16],
    ['no processes', 'frends', Buffer.from('{"Processes":[]}')],
    ['templates', 'frends', Buffer.from('{"ProcessTemplates":[],"Processes":[{}]}')],
    ['no JSON', 'frends', Buffer.from('PK\u0003\u0004')],
    ['no ZIP', 'uipath', good],
    ['what only begins like a ZIP', 'uipath', Buffer.from('PK\u0003\u0004and nothing else')],
  ])('%s for %s', async (_case, connection, content) => {
    const answer = await importFile<Problem>(gateway, content, { connection });
    expect([answer.status, answer.body.code, answer.body.outcome]).toEqual([
      422,
      'invalid_file',
      'not_sent',
    ]);
    expect(placeOf(answer.body)).toBeTruthy();
    await nothingLeft();
  });

  it('a package that grows without end', async () => {
    const answer = await importFile<Problem>(gateway, await bomb(), { connection: 'uipath' });
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid_file']);
    expect(placeOf(answer.body)).toBeTruthy();
    await nothingLeft();
  });

  it('a package whose manifest is not in the encoding that it says', async () => {
    const content = await zipped({ 'A.nuspec': Buffer.from(String(manifest), 'latin1') });
    const answer = await importFile<Problem>(gateway, content, { connection: 'uipath' });
    expect([answer.status, placeOf(answer.body)]).toEqual([422, 'A.nuspec']);
    await nothingLeft();
  });

  it('more names than are kept of a file', async () => {
    const members = Object.fromEntries(
      Array.from({ length: 190 }, (_, at) => [`${at} ${'x'.repeat(190)}`, 1]),
    );
    const content = Array.from({ length: 45 }, (_, at) => ({ _id: `FX${at}`, ...members }));
    const answer = await importFile<Problem>(gateway, Buffer.from(JSON.stringify(content)), {
      connection: 'odsl',
    });
    expect([answer.status, placeOf(answer.body)]).toEqual([422, 'file']);
    expect(answer.body.detail).toContain('bytes that are kept');
    await nothingLeft();
  });

  it('a package that was cut off', async () => {
    const whole = await packageOf(gateway, await smokeTest(gateway, 'uipath'));
    for (const length of [whole.length - 1, Math.floor(whole.length / 2)]) {
      const answer = await importFile<Problem>(gateway, whole.subarray(0, length), {
        connection: 'uipath',
      });
      expect([answer.status, answer.body.code]).toEqual([422, 'invalid_file']);
    }
    await nothingLeft();
  });

  it('a file whose sender goes away', async () => {
    const sending = request(`${gateway.baseUrl}/v1/imports`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    });
    sending.on('error', () => undefined);
    const head = 'content-disposition: form-data; name="file"; filename="a"';
    sending.write(`--b\r\n${head}\r\n\r\n{"Processes"`);
    await eventually(() => {
      expect(files()).toHaveLength(1);
    });
    sending.destroy();
    await nothingLeft();
  });
});
