import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { addressFiles, ask, DataFolders, get, portOf, put } from '../support/data-folders.ts';
import { testProgram } from '../support/redis.ts';

const folders = new DataFolders();
beforeAll(testProgram, 180_000);
afterEach(() => folders.cleanUp());

const notedPassword = 'noted-password';

/** The port of a server that is none of ours. */
async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  folders.atTheEnd(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function otherRedis(password: string): Promise<number> {
  const { url } = await folders.start(await folders.make());
  await ask(url, (client) => client.config('SET', 'requirepass', password));
  return portOf(url);
}

const silent = () =>
  listening(
    createServer((socket) => {
      folders.atTheEnd(() => socket.destroy());
    }),
  );

describe('somebody else on the noted port', () => {
  it.each([
    ['a Redis with another password', () => otherRedis('another')],
    ['a Redis with our password and another folder', () => otherRedis(notedPassword)],
    ['a Redis without a password', () => otherRedis('')],
    ['a web server', () => listening(createHttpServer())],
    ['a server that hangs up', () => listening(createServer((socket) => socket.destroy()))],
    ['a server that says nothing', silent],
  ])(
    'is not taken for our server: %s',
    async (_, occupy) => {
      const dataDir = await folders.make();
      const first = await folders.start(dataDir);
      await put(first.url, 'invoice');
      await first.stop();
      const port = await occupy();
      const [note = ''] = await addressFiles(dataDir);
      await writeFile(note, JSON.stringify({ port, password: notedPassword }));
      const redis = await folders.start(dataDir);
      expect(redis.adopted).toBe(false);
      expect(portOf(redis.url)).not.toBe(port);
      // Whoever sits there may have heard it.
      expect(redis.url).not.toContain(notedPassword);
      expect(await get(redis.url, 'invoice')).toBe('kept');
      expect(await addressFiles(dataDir)).toHaveLength(1);
      expect(folders.said).toContain(
        `Port ${port} is taken by another program: Redis moves to another one.`,
      );
    },
    30_000,
  );

  it('may bear the process id of our last server, and is neither ended nor taken up', async () => {
    const dataDir = await folders.make();
    await (await folders.start(dataDir)).stop();
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    folders.atTheEnd(() => bystander.kill('SIGKILL'));
    await once(bystander, 'spawn');
    await writeFile(join(dataDir, 'redis', 'redis.pid'), `${bystander.pid ?? 0}\n`);
    const redis = await folders.start(dataDir);
    expect(redis.adopted).toBe(false);
    expect(redis.pid).not.toBe(bystander.pid);
    await redis.stop();
    expect(bystander).toMatchObject({ exitCode: null, signalCode: null });
  });
});

describe('our own server that hangs', () => {
  it('is told apart: no second one is started on its files', async () => {
    const dataDir = await folders.make();
    const redis = await folders.start(dataDir);
    process.kill(redis.pid, 'SIGSTOP');
    folders.atTheEnd(() => process.kill(redis.pid, 'SIGCONT'));
    await expect(folders.start(dataDir)).rejects.toThrow(`process ${redis.pid}`);
  }, 30_000);
});

describe('a note that a killed start has left half written', () => {
  it('is given up', async () => {
    const dataDir = await folders.make();
    await (await folders.start(dataDir)).stop();
    const [note = ''] = await addressFiles(dataDir);
    await writeFile(note, '{"port": 2');
    expect(await folders.start(dataDir)).toMatchObject({ adopted: false });
  }, 30_000);
});
