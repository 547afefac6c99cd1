import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { impossible, refTo, RunningConcord } from './concord.runs.testing.ts';
import { signal } from './concord.testing.ts';

const concord = new RunningConcord();

describe('attachments', () => {
  test('are listed and streamed', async () => {
    const run = await concord.start('default');
    await concord.until(run, 'succeeded');
    expect(await concord.parts().attachments.list(run, signal())).toEqual([
      { name: 'out.json', mediaType: null, length: null },
      { name: 'report.csv', mediaType: null, length: null },
    ]);
    const file = await concord.parts().attachments.open(run, 'report.csv', signal());
    expect(file).toMatchObject({
      fileName: 'report.csv',
      mediaType: 'application/octet-stream',
      length: 9,
    });
    expect(file === null ? null : (await buffer(file.content)).toString()).toBe('total,42\n');
  });

  test('lie in folders, and never outside of them', async () => {
    const run = await concord.start('default');
    concord.sandbox.forget();
    for (const name of ['', '/', 'a/', '/a', '..', '../x', 'a/../../x', './a', 'a//b'])
      expect(await concord.parts().attachments.open(run, name, signal())).toBeNull();
    expect(concord.sandbox.requests()).toEqual([]);
    const body = 'x';
    concord.sandbox.faults.add({
      path: '/attachment/',
      fault: { kind: 'status', status: 200, body },
    });
    const file = await concord.parts().attachments.open(run, 'a b/c?d/%2e%2e/ü.txt', signal());
    file?.content.destroy();
    expect(file?.fileName).toBe('ü.txt');
    expect(concord.sandbox.requests().at(-1)).toBe(
      `GET /api/v1/process/${run.nativeId}/attachment/a%20b/c%3Fd/%252e%252e/%C3%BC.txt`,
    );
  });

  test('that are not there are null', async () => {
    const run = await concord.start('default');
    await concord.until(run, 'succeeded');
    expect(await concord.parts().attachments.open(run, 'nope', signal())).toBeNull();
    for (const id of [...impossible, randomUUID()]) {
      expect(await concord.parts().attachments.list(refTo(id), signal())).toBeNull();
      expect(await concord.parts().attachments.open(refTo(id), 'report.csv', signal())).toBeNull();
    }
  });
});
