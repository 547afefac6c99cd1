import { describe, expect, test } from '@jest/globals';
import { ArchivedConcord, zip } from './concord.archive-runs.testing.ts';
import { signal } from './concord.testing.ts';

const concord = new ArchivedConcord();

const heads = (): string[] =>
  (concord.exchanges.at(-1)?.requestBody?.toString('latin1') ?? '')
    .split('\r\n')
    .filter((line) => /^content-/i.test(line));
const window = { from: Date.now(), until: Date.now() + 60_000 };

describe('a start with an archive', () => {
  test('of its own runs the flow that it names', async () => {
    const id = await concord.sendNew(concord.request({ entryPoint: 'other' }));
    expect(await concord.parts().runs.get(id, signal())).toMatchObject({ process: null });
    expect(concord.sandbox.ledger().at(-1)).toMatchObject({
      details: { flow: 'other', project: null },
    });
    const start = concord.exchanges.find(({ method }) => method === 'POST');
    expect(start?.requestBody?.includes(zip)).toBe(true);
  });

  test('in a project belongs to it; its repository would hide the archive', async () => {
    await concord.sendNew(concord.request({ process: 'Default:platform-checks:main:main' }));
    expect(concord.sandbox.ledger().at(-1)).toMatchObject({
      details: { project: 'platform-checks', repository: null, flow: 'main' },
    });
  });

  test('sends files as files and parameters as texts, whatever they are called', async () => {
    await concord.sendNew(
      concord.request({
        files: [
          concord.file('notes.txt', Buffer.from('x')),
          concord.file('data/a.json', Buffer.from('{}')),
        ],
        request: { arguments: { a: 1 }, meta: { note: 'own' } },
        parameters: { 'arguments.b.c': 'Größe', tags: 'one,two' },
      }),
    );
    expect(heads()).toEqual([
      'Content-Disposition: form-data; name="meta"',
      'Content-Type: application/json; charset=utf-8',
      'Content-Disposition: form-data; name="request"',
      'Content-Type: application/json; charset=utf-8',
      'Content-Disposition: form-data; name="arguments.b.c"',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Disposition: form-data; name="tags"',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Disposition: form-data; name="archive"; filename="archive"',
      'Content-Type: application/octet-stream',
      'Content-Disposition: form-data; name="notes.txt"; filename="notes.txt"',
      'Content-Type: application/octet-stream',
      'Content-Disposition: form-data; name="data/a.json"; filename="a.json"',
      'Content-Type: application/octet-stream',
    ]);
    const length = concord.exchanges.at(-1)?.requestHeaders['content-length'];
    expect(length).toBe(String(concord.exchanges.at(-1)?.requestBody?.length));
  });

  test('keeps the meta of its caller beside the mark', async () => {
    const wanted = concord.request({ request: { meta: { note: 'own' } } });
    const run = await concord.parts().runs.get(await concord.sendNew(wanted), signal());
    expect(run).toMatchObject({ mark: wanted.mark, whole: { meta: { note: 'own' } } });
  });

  test('with files alone runs the flow of a repository', async () => {
    const files = [concord.file('notes.txt', Buffer.from('x'))];
    await concord.sendNew(
      concord.request({ archive: null, process: 'Default:platform-checks:main:', files }),
    );
    expect(concord.sandbox.ledger().at(-1)).toMatchObject({
      details: { repository: 'main', flow: 'default' },
    });
  });

  test('opens no file without its permit', async () => {
    const evidence = await concord.prepared();
    concord.opened.length = 0;
    const late = new Error('too late');
    const sending = concord.parts().archiveRuns.send(
      evidence,
      concord.departure(() => {
        throw late;
      }),
    );
    await expect(sending).rejects.toBe(late);
    expect(concord.opened).toEqual([]);
  });

  test('whose file is not as long as it was is not started', async () => {
    const evidence = await concord.prepared();
    for (const id of concord.contents.keys()) concord.contents.set(id, Buffer.from('short'));
    await expect(
      concord.parts().archiveRuns.send(evidence, concord.departure()),
    ).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
    expect(concord.sandbox.ledger()).toEqual([]);
  });

  test('whose file is gone is not started', async () => {
    const evidence = await concord.prepared();
    const gone = { ...concord.departure(), openFile: () => Promise.reject(new Error('gone')) };
    await expect(concord.parts().archiveRuns.send(evidence, gone)).rejects.toMatchObject({
      code: 'upstream_unavailable',
      details: { sent: 'maybe' },
    });
    expect(concord.sandbox.ledger()).toEqual([]);
  });

  test.each([
    ['a project', 'Default:platform-checks:main:main'],
    ['no project', null],
  ])('in %s is found again when its answer was lost', async (_name, process) => {
    const wanted = concord.request({ process });
    const evidence = await concord.prepared(wanted);
    const part = concord.parts().archiveRuns;
    expect(await part.reconcile(evidence, window, signal())).toEqual({ state: 'absent' });
    await concord.sendNew();
    const fault = { kind: 'resetAfterEffect' } as const;
    concord.sandbox.faults.add({ method: 'POST', path: '^/api/v1/process$', times: 1, fault });
    await expect(part.send(evidence, concord.departure())).rejects.toMatchObject({
      details: { sent: 'maybe' },
    });
    expect(await part.reconcile(evidence, window, signal())).toMatchObject({
      state: 'applied',
      receipt: { nativeId: concord.sandbox.ledger().at(-1)?.details['id'] },
    });
  });
});
