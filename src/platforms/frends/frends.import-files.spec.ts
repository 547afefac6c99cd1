import { describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import type { Native } from '../../domain/native.ts';
import { type Exchange, watchers } from '../../sandbox/kit/sandbox.ts';
import { type Exported, fileOf, ImportingFrends } from './frends.import.testing.ts';

function* broken(): Generator<Buffer> {
  yield Buffer.from('{"Processes":');
  throw new Error('the disk is gone');
}

describe('an import into Frends', () => {
  const frends = new ImportingFrends();

  test('is one form, the mode before a file that streams', async () => {
    const seen: Exchange[] = [];
    const watch = (_sandbox: string, exchange: Exchange): void => {
      seen.push(exchange);
    };
    const made = await frends.unknown('New');
    const { evidence } = await frends.observed([made], 'error');
    watchers.add(watch);
    await frends.sendImport({
      ...evidence,
      file: { ...(evidence['file'] as Native), name: 'ä"\r\nb.json' },
    });
    watchers.delete(watch);
    const [post, ...more] = seen.filter(({ method }) => method === 'POST');
    expect(more).toEqual([]);
    const { requestHeaders: headers, requestBody: body } = post!;
    expect(headers['content-length']).toBe(String(body?.length));
    expect(headers['transfer-encoding']).toBeUndefined();
    const [, ...parts] = String(body).split(/--gateway-[\da-f-]{36}(?:--)?\r\n/);
    expect(parts).toEqual([
      'Content-Disposition: form-data; name="importConflict"\r\n\r\nError\r\n',
      `Content-Disposition: form-data; name="file"; filename="____b.json"\r\nContent-Type: application/json\r\n\r\n${fileOf([made])}\r\n`,
      '',
    ]);
  });

  test('that was accepted before the digest of its file was kept is sent', async () => {
    const { evidence } = await frends.observed([await frends.unknown('New')], 'error');
    const { sha256, ...file } = evidence['file'] as Exported;
    expect(sha256).toEqual(expect.any(String));
    const { items } = await frends.sendImport({ ...evidence, file });
    expect(items).toMatchObject([{ effect: 'created' }]);
  });

  test('whose file cannot be opened has not left', async () => {
    const { evidence } = await frends.observed([await frends.unknown('New')], 'error');
    const openFile = (): Promise<Readable> => Promise.reject(new Error('gone'));
    const sending = frends.sendImport(evidence, { openFile });
    await expect(sending).rejects.toMatchObject({ details: { sent: 'no' } });
    expect(frends.sandbox.requests()).not.toContain('POST /api/v1/processes/batch-import');
  });

  test('that must not leave any more does not, and lets go of its file', async () => {
    const { evidence } = await frends.observed([await frends.unknown('New')], 'error');
    const content = Readable.from([Buffer.from('{}')]);
    const departure = {
      openFile: () => Promise.resolve(content),
      permit: () => {
        throw new Error('too late');
      },
    };
    await expect(frends.sendImport(evidence, departure)).rejects.toThrow('too late');
    expect(content.destroyed).toBe(true);
    expect(frends.sandbox.requests()).not.toContain('POST /api/v1/processes/batch-import');
  });

  test.each<readonly [string, (file: Buffer) => Iterable<Buffer>, boolean | undefined]>([
    ['breaks on its way', broken, undefined],
    ['is shorter than it was', (file) => [file.subarray(0, -1)], false],
    ['is longer than it was', (file) => [file, Buffer.from(' ')], false],
    ['is as long, and another', (file) => [Buffer.from(String(file).replace('New', 'Old'))], false],
  ])('whose file %s was never whole, and is not there', async (_, read, retryable) => {
    const process = await frends.unknown('New');
    const { evidence } = await frends.observed([process], 'error');
    const content = Readable.from(read(Buffer.from(fileOf([process]))));
    const sending = frends.sendImport(evidence, { openFile: () => Promise.resolve(content) });
    await expect(sending).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { sent: 'no', ...(retryable === undefined ? {} : { retryable }) },
    });
    expect(await frends.lookAgain(evidence)).toEqual({ state: 'absent' });
  });
});
