import { describe, expect, test } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import { EventEmitter } from 'node:events';
import { callerGone } from './caller-gone.ts';
import { presentable } from './problem.ts';

/** An answer on its way. */
class Raw extends EventEmitter {
  destroyed = false;
  writableFinished = false;
}

const replyOf = (raw: Raw): FastifyReply => ({ raw }) as unknown as FastifyReply;

describe('who waits for the answer of a request', () => {
  test('is gone when its connection closes before it has all of it, which is no defect', () => {
    const raw = new Raw();
    const gone = callerGone(replyOf(raw));
    expect(gone.aborted).toBe(false);
    raw.emit('close');
    expect(gone.aborted).toBe(true);
    const asked = { path: '/v1/promotions', mediaType: undefined, isWrite: true };
    expect(presentable(gone.reason, asked)).toMatchObject({
      code: 'invalid_request',
      message: 'The caller hung up.',
    });
  });

  test('may be gone before anybody asks', () => {
    const raw = Object.assign(new Raw(), { destroyed: true });
    expect(callerGone(replyOf(raw)).aborted).toBe(true);
  });

  test('is not gone when it has all of it', () => {
    const raw = new Raw();
    const gone = callerGone(replyOf(raw));
    raw.writableFinished = true;
    raw.emit('close');
    expect(gone.aborted).toBe(false);
  });
});
