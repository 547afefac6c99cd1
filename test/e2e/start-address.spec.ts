import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { DataFolder } from '../support/everything.ts';

jest.setTimeout(90_000);

let folder: DataFolder;
beforeEach(async () => {
  folder = await DataFolder.make();
});
afterEach(() => folder.remove());

// Which of the two addresses a machine means by `localhost` differs, so each of them is another program's once.
it.each([
  ['127.0.0.1', '[::1]'],
  ['::1', '127.0.0.1'],
])('a start on %s does not ask another program on %s whether it is ready', async (host, other) => {
  const asked: string[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url ?? '');
    response.end('{}');
  });
  await once(server.listen(folder.port, other.replace(/[[\]]/g, '')), 'listening');
  try {
    await folder.start({ HOST: host });
    const own = host.includes(':') ? `[${host}]` : host;
    expect((await fetch(`http://${own}:${folder.port}/health/ready`)).status).toBe(200);
    expect(asked).toEqual([]);
  } finally {
    server.close();
  }
});
