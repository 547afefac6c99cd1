import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import { PassThrough } from 'node:stream';
import type { EventStream as Stream } from './event-stream.ts';

/** An answer to nobody, with what was written to it. */
function answer(): { readonly reply: FastifyReply; readonly text: () => string } {
  const body = new PassThrough();
  const raw = Object.assign(body, { writeHead: () => raw, flushHeaders: () => undefined });
  const request = { method: 'GET' };
  const reply = { raw, request, hijack: () => reply, getHeaders: () => ({}) };
  let text = '';
  body.on('data', (piece: Buffer) => (text += piece.toString()));
  return { reply: reply as unknown as FastifyReply, text: () => text };
}

describe('a stream of which nothing is to be told', () => {
  let EventStream: typeof Stream;

  beforeAll(async () => {
    // Its heart begins to beat as it is loaded.
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    ({ EventStream } = await import('./event-stream.ts'));
  });
  afterAll(() => {
    jest.useRealTimers();
  });

  it('shows every 15 seconds that it is alive, and not once it is over', async () => {
    const { reply, text } = answer();
    const stream = new EventStream(reply, 40_000);
    const passed = async (ms: number): Promise<string> => {
      await jest.advanceTimersByTimeAsync(ms);
      await new Promise(setImmediate);
      return text();
    };
    expect(await passed(14_000)).toBe('');
    expect(await passed(1_000)).toBe(': heartbeat\n\n');
    expect(await passed(15_000)).toBe(': heartbeat\n\n'.repeat(2));
    const all = await passed(10_000);
    expect(stream.isOver).toBe(true);
    expect(await passed(30_000)).toBe(all);
  });
});
