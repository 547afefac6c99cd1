import { expect } from '@jest/globals';
import type { FieldError } from '../../../src/domain/errors.ts';
import type { Operation } from '../../../src/domain/operation.ts';
import type { Problem } from '../../../src/http/problem.ts';
import { importFile, operationAt, packageOf } from '../../support/imports.ts';
import type { DocumentCases } from './document-case.ts';
import { detailOf, nupkg, upload, uploadsOf } from './uipath-packages.ts';

/** A form that comes piece by piece, as one that nobody knows the length of. */
function streamed(texts: Readonly<Record<string, string>>, file: Buffer): ReadableStream {
  const parts = Object.entries(texts).map(
    ([name, text]) => `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`,
  );
  const head =
    '--b\r\ncontent-disposition: form-data; name="file"; filename="Streamed.nupkg"\r\ncontent-type: application/octet-stream\r\n\r\n';
  const pieces: Buffer[] = [Buffer.from(parts.join('') + head)];
  for (let start = 0; start < file.length; start += 64)
    pieces.push(file.subarray(start, start + 64));
  pieces.push(Buffer.from('\r\n--b--\r\n'));
  return ReadableStream.from(pieces);
}

const texts = { connection: 'uipath' };

/** What becomes of uploads. */
export const uploadCases: DocumentCases = {
  'processes.upload(file_path)': async (given) => {
    const { gateway } = given;
    const file = nupkg('DocumentedUpload', '1.0.0');
    const { status, body } = await upload(gateway, file);
    expect([status, body.result?.items]).toMatchObject([
      200,
      [{ process: 'uipath:DocumentedUpload', version: '1.0.0', effect: 'created' }],
    ]);
    expect((await detailOf(gateway, 'uipath:DocumentedUpload')).latestVersion).toBe('1.0.0');
    const kept = await packageOf(gateway, 'uipath:DocumentedUpload', '1.0.0');
    expect(kept.equals(file)).toBe(true);
    expect(uploadsOf(given, 'DocumentedUpload')).toBe(1);
  },

  'processes.upload(file_path, version)': async (given) => {
    const { gateway } = given;
    const file = nupkg('DocumentedVersion', '2.0.0');
    const wrong = await upload<Problem>(gateway, file, { version: '1.0.0' });
    const [error] = wrong.body['errors'] as readonly FieldError[];
    expect([wrong.status, wrong.body.code, error?.at]).toEqual([422, 'invalid_file', 'version']);
    expect(wrong.body.detail).toMatch(/2\.0\.0.*1\.0\.0/);
    expect(uploadsOf(given, 'DocumentedVersion')).toBe(0);
    const { status, body } = await upload(gateway, file, { version: '2.0.0' });
    expect([status, body.result?.items[0]?.version]).toEqual([200, '2.0.0']);
    expect(uploadsOf(given, 'DocumentedVersion')).toBe(1);
  },

  'processes.upload_stream(file_stream, filename, version)': async (given) => {
    const file = nupkg('DocumentedStream', '1.0.0');
    const answer = await fetch(`${given.gateway.baseUrl}/v1/imports`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b', prefer: 'wait=40' },
      body: streamed({ ...texts, version: '1.0.0' }, file),
      duplex: 'half',
    });
    const { input, outcome } = (await answer.json()) as Operation;
    expect([answer.status, outcome]).toEqual([200, 'applied']);
    expect(input['file']).toMatchObject({ name: 'Streamed.nupkg', length: file.length });
    const kept = await packageOf(given.gateway, 'uipath:DocumentedStream', '1.0.0');
    expect(kept.equals(file)).toBe(true);
    expect(uploadsOf(given, 'DocumentedStream')).toBe(1);
  },

  'processes.upload(invalid package)': async ({ gateway, stage }) => {
    const uploads = (): number =>
      stage
        .sandbox('uipath')
        .requests()
        .filter((line) => line.includes('UploadPackage')).length;
    const before = uploads();
    const { status, body } = await importFile<Problem>(gateway, Buffer.from('no package'), texts);
    const [error] = body['errors'] as readonly FieldError[];
    expect([status, body.code, body.outcome]).toEqual([422, 'invalid_file', 'not_sent']);
    expect(error?.at).toBeTruthy();
    expect(uploads()).toBe(before);
  },

  'processes.upload(version that exists)': async (given) => {
    const { gateway } = given;
    const file = nupkg('DocumentedTwice', '1.0.0');
    expect((await upload(gateway, file)).status).toBe(200);
    const { status, body } = await upload<Problem>(gateway, file);
    expect([status, body.code, body.outcome]).toEqual([409, 'conflict', 'not_sent']);
    const later = await importFile(gateway, file, texts);
    expect(later.status).toBe(202);
    const operation = await operationAt(gateway, later.body.id, 40);
    expect([operation.status, operation.problem?.code]).toEqual(['failed', 'conflict']);
    const kept = await upload(gateway, file, { onConflict: 'use-existing' });
    expect([kept.status, kept.body.result?.items[0]?.effect]).toEqual([200, 'kept']);
    expect(uploadsOf(given, 'DocumentedTwice')).toBe(1);
  },
};
