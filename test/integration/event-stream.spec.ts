import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { Agent, get as request, type IncomingMessage } from 'node:http';
import { closeAllStreams, EventStream } from '../../src/http/event-stream.ts';
import { eventually } from '../support/eventually.ts';

/** More than lies anywhere between the two. */
const long = Buffer.alloc(32 * 1_024 ** 2, '~');
const stillMs = 400;
/** The same for who reads: a busy machine may stand still for a while. */
const slowMs = 2_000;

let app: FastifyInstance;
let url: string;
let stream: EventStream;
let answer: IncomingMessage;

beforeEach(async () => {
  app = fastify();
  app.get('/', (_request, reply) => {
    stream = new EventStream(reply, null);
    stream.send(long);
  });
  url = await app.listen({ port: 0, host: '127.0.0.1' });
  [answer] = (await once(request(url, { agent: false }), 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
});
afterEach(async () => {
  answer.destroy();
  await app.close();
});

/** Reads everything, but so slowly that it takes longer than `slowMs`; how much that was, in bytes. */
async function readSlowly(): Promise<number> {
  const mostAtOnce = 2 * 1_024 ** 2;
  let read = 0;
  let next = mostAtOnce;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    read += piece.length;
    if (read >= next && read < long.length) {
      next += mostAtOnce;
      await new Promise((resolve) => setTimeout(resolve, slowMs / 10));
    }
    if (read === long.length) break;
  }
  return read;
}

/** How many callers the server still has. */
function callers(): Promise<number> {
  return new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}

describe('one long event', () => {
  it('is given to who reads it slowly', async () => {
    const reading = readSlowly();
    const begun = performance.now();
    expect(await stream.taken(slowMs)).toBe(true);
    expect(performance.now() - begun).toBeGreaterThan(slowMs);
    stream.end();
    expect(await reading).toBe(long.length);
  });

  it('is cut off for who reads nothing', async () => {
    answer.pause();
    expect(await stream.taken(stillMs)).toBe(false);
    expect(stream.isOver).toBe(true);
  });
});

describe('what is left of an ended stream', () => {
  it('is given whole', async () => {
    stream.end();
    let read = 0;
    for await (const piece of answer as AsyncIterable<Buffer>) read += piece.length;
    expect(read).toBe(long.length);
  });

  it('is given whole to who reads it slowly', async () => {
    const begun = performance.now();
    stream.end(slowMs);
    expect(await readSlowly()).toBe(long.length);
    expect(performance.now() - begun).toBeGreaterThan(slowMs);
  });

  it('is cut off for who reads nothing', async () => {
    answer.pause();
    stream.end(stillMs);
    await eventually(async () => {
      expect(await callers()).toBe(0);
    });
  });

  it.each(['ended before', 'goes on'])('holds up no server that closes: it %s', async (when) => {
    answer.pause();
    if (when === 'ended before') stream.end();
    closeAllStreams(stillMs);
    await app.close();
    expect(await callers()).toBe(0);
  });
});

it('is over at once for who asks for its head alone', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let times = 0; times < 2; times += 1) {
    const asked = request(url, { agent, method: 'HEAD' });
    const [head] = (await once(asked, 'response')) as [IncomingMessage];
    head.resume();
    expect(head.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(stream.isOver).toBe(true);
  }
  agent.destroy();
});
