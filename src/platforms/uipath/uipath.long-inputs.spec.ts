import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { refusal } from './uipath.changes.testing.ts';
import { StartedUipath } from './uipath.starts.testing.ts';

const longInput = { in_Text: 'ä'.repeat(10_000) };

describe('starts on UiPath', () => {
  const uipath = new StartedUipath();

  describe('with more input than a start carries', () => {
    test('put it into a file first, without credentials for the storage', async () => {
      const evidence = await uipath.one({ input: longInput });
      expect(evidence).not.toHaveProperty('startInfo.InputArguments');
      let stored = -1;
      const { nativeId } = await uipath.send(evidence, () => {
        stored = uipath.asked.sandbox
          .ledger()
          .filter(({ effect }) => effect === 'attachment.written').length;
      });
      expect(stored).toBe(1);
      expect(uipath.started()).toHaveLength(1);
      const run = await uipath.runs().get(nativeId ?? '', uipath.signal());
      const [put] = uipath.asked.exchanges.filter(({ url }) => url.startsWith('/blobs/'));
      expect(put?.requestHeaders).not.toHaveProperty('authorization');
      expect(put?.requestBody?.toString()).toBe(JSON.stringify(longInput));
      expect(put?.url).toContain(String(run?.native['InputFile']));
    });

    test('are refused where the server has no files', async () => {
      uipath.asked.sandbox.faults.add({
        path: '/api/Status/Get',
        fault: { kind: 'status', status: 200, headers: { 'api-supported-versions': '9.0, 17.0' } },
      });
      expect(await refusal(uipath.prepared({ input: longInput }))).toMatchObject({
        code: 'upstream_rejected',
        details: { outcome: 'not_sent', errors: [{ at: 'input' }] },
      });
      await uipath.one({ input: { in_Text: 'x'.repeat(9_000) } });
    });

    test.each([
      ['another host', { Uri: 'https://files.example.com/a?sig=hunter2', Verb: 'PUT' }],
      [
        'another host, to be signed',
        { Uri: 'https://files.example.com/a?sig=hunter2', Verb: 'PUT', RequiresAuth: true },
      ],
      ['no web address', { Uri: 'blob:https://files.example.com/a', Verb: 'PUT' }],
      ['one with a user', { Uri: 'https://a:b@files.example.com/a', Verb: 'PUT' }],
      ['another verb', { Uri: 'https://files.example.com/a?sig=hunter2', Verb: 'GET' }],
    ])('send nothing where the storage is %s', async (_what, BlobFileAccess) => {
      const body = JSON.stringify({ Id: randomUUID(), Name: 'a', BlobFileAccess });
      const evidence = await uipath.one({ input: longInput });
      uipath.asked.sandbox.faults.add({
        path: 'Attachments',
        fault: { kind: 'status', status: 201, body },
      });
      const error = await refusal(uipath.send(evidence));
      expect(error).toMatchObject({ details: { sent: 'no' } });
      expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
      expect(uipath.started()).toEqual([]);
    });

    test('hide the link of a storage that fails', async () => {
      const evidence = await uipath.one({ input: longInput });
      uipath.asked.sandbox.faults.add({ path: '/blobs/', fault: { kind: 'status', status: 500 } });
      const error = await refusal(uipath.send(evidence));
      expect(error).toMatchObject({ code: 'upstream_unavailable', details: { sent: 'no' } });
      expect(String(error)).not.toContain('sig=');
      expect(uipath.started()).toEqual([]);
    });
  });
});
