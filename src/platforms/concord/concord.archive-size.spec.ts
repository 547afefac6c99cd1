import { expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { ArchivedConcord } from './concord.archive-runs.testing.ts';

const concord = new ArchivedConcord();

test.each([
  ['small', 10_000, 40],
  ['large', 25_000_000, 100_000],
  ['very large', 2_000_000_000, 300_000],
])('an archive that is %s may take its time, and no longer', async (_name, length, uploadMs) => {
  const { archiveRuns } = concord.parts();
  const evidence = await concord.prepared(
    concord.request({ archive: { name: 'archive', id: 'one', length } }),
  );
  expect([archiveRuns.timeoutMs, archiveRuns.uploadMs?.(evidence)]).toEqual([10_000, uploadMs]);
});

test('a large archive is never whole in memory', async () => {
  const length = 200 * 1_024 ** 2;
  const piece = Buffer.alloc(256 * 1_024, 1);
  let received = 0;
  const server = createServer((incoming, response) => {
    incoming.on('data', (chunk: Buffer) => (received += chunk.length));
    incoming.on('end', () => {
      const body = JSON.stringify({ instanceId: randomUUID(), ok: true });
      response.setHeader('content-type', 'application/json').end(body);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  function* pieces(): Generator<Buffer> {
    for (let at = 0; at < length; at += piece.length) yield piece;
  }
  const evidence = await concord.prepared(
    concord.request({ archive: { name: 'archive', id: 'large', length } }),
  );
  const before = process.memoryUsage().rss;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss - before);
  }, 20);
  const openFile = (): Promise<Readable> =>
    Promise.resolve(Readable.from(pieces(), { objectMode: false }));
  await concord.parts({}, url).archiveRuns.send(evidence, { ...concord.departure(), openFile });
  clearInterval(watch);
  server.close();
  expect(received).toBeGreaterThan(length);
  expect(most).toBeLessThan(length / 2);
});
