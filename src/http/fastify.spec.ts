import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createAdapter } from './fastify.ts';
import { rawBodyRoute } from './raw-body.ts';

const longestStillMs = 1_000;
const adapter = createAdapter(pino({ level: 'silent' }), [], longestStillMs);
const app = adapter.getInstance();
let port = 0;

beforeAll(async () => {
  app.post('/json', (_request, reply) => reply.send('done'));
  app.post('/slow', async (_request, reply) => {
    await sleep(2 * longestStillMs);
    return reply.send('done');
  });
  app.post('/file', { config: rawBodyRoute }, async ({ body }, reply) => {
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) bytes += chunk.length;
    return reply.send(`${bytes} bytes`);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = app.server.address() as AddressInfo);
});
afterAll(() => app.close());

const head = (path: string, type: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;

/** What comes until the other side hangs up. */
async function answered(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => (text += String(chunk)));
  await once(socket, 'close');
  return text;
}

describe('a body', () => {
  it.each([
    ['/json', 'application/json'],
    ['/file', 'application/zip'],
  ])('that stalls is cut off: %s', async (path, type) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`${head(path, type, 100)}{"half`);
    expect(await answered(socket)).not.toContain('200 OK');
  });

  it('that comes slowly is read to its end', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(head('/file', 'application/zip', 20));
    const answer = answered(socket);
    for (let sent = 0; sent < 20; sent += 1) {
      socket.write('x');
      await sleep(longestStillMs / 10);
    }
    expect(await answer).toContain('20 bytes');
  });
});

describe('an answer', () => {
  it('may take its time', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`${head('/slow', 'application/json', 2)}{}`);
    expect(await answered(socket)).toContain('done');
  });
});
