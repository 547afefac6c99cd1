import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { get as request, type IncomingMessage } from 'node:http';
import { EventStream } from '../../src/http/event-stream.ts';

/** More than lies anywhere between the two. */
const long = Buffer.alloc(32 * 1_024 ** 2, '~');
const stillMs = 400;

let app: FastifyInstance;
let stream: EventStream;
let answer: IncomingMessage;

beforeEach(async () => {
  app = fastify();
  app.get('/', (_request, reply) => {
    stream = new EventStream(reply, null);
    stream.send(long);
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  [answer] = (await once(request(url, { agent: false }), 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
});
afterEach(() => app.close());

describe('one long event', () => {
  it('is given to who reads it slowly', async () => {
    let read = 0;
    const reading = (async (): Promise<void> => {
      const mostAtOnce = 2 * 1_024 ** 2;
      let next = mostAtOnce;
      for await (const piece of answer as AsyncIterable<Buffer>) {
        read += piece.length;
        if (read >= next && read < long.length) {
          next += mostAtOnce;
          await new Promise((resolve) => setTimeout(resolve, stillMs / 4));
        }
        if (read === long.length) return;
      }
    })();
    const begun = performance.now();
    expect(await stream.taken(stillMs)).toBe(true);
    expect(performance.now() - begun).toBeGreaterThan(stillMs);
    stream.end();
    await reading;
    expect(read).toBe(long.length);
  });

  it('is cut off for who reads nothing', async () => {
    answer.pause();
    expect(await stream.taken(stillMs)).toBe(false);
    expect(stream.isOver).toBe(true);
  });

  it('is given whole although the stream is ended before', async () => {
    stream.end();
    let read = 0;
    for await (const piece of answer as AsyncIterable<Buffer>) read += piece.length;
    expect(read).toBe(long.length);
  });
});
