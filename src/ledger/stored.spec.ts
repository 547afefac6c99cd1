import { describe, expect, it } from '@jest/globals';
import { ReplyError } from 'ioredis';
import { NotFoundError } from '../domain/errors.ts';
import { RedisTimeoutError } from '../redis/bounded-redis.ts';
import { ContentionError } from './record-store.ts';
import { stored } from './stored.ts';

/** As Redis answers with an error; the library's own type of it is any. */
const refusing = (text: string): Error => new (ReplyError as new (text: string) => Error)(text);

const busy = new ContentionError('erp:1 is changed by too many at once');

const failing = (cause: Error): Promise<unknown> => stored(() => Promise.reject(cause));

describe('what is asked of Redis', () => {
  it.each([
    ['is not there', new Error('Connection is closed.'), 'Redis cannot be reached'],
    ['hangs', new RedisTimeoutError(200), 'Redis gave no answer within 200 ms'],
    [
      'starts up',
      refusing('LOADING Redis is loading the dataset in memory'),
      'Redis refuses this (LOADING)',
    ],
    [
      'is full of clients',
      refusing('ERR max number of clients reached'),
      'Redis refuses this (ERR)',
    ],
    [
      'is asked for a change that others are always faster with',
      busy,
      'Too many change it at once',
    ],
  ])('is 503 with what is wrong while it %s', async (_how, cause, why) => {
    await expect(failing(cause)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: `${why}, so nothing was done.`,
      details: { outcome: 'not_sent', cause },
    });
  });

  it.each([
    [new Error('Connection is closed.'), 'Redis was lost while the request was stored'],
    [busy, 'Too many changed it at once while the request was stored'],
  ])('leaves open whether it was done where it may have been: %s', async (cause, why) => {
    await expect(stored(() => Promise.reject(cause), 'unknown')).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining(why),
      details: { outcome: 'unknown', cause },
    });
  });

  it.each([
    refusing('ERR min or max is not a float'),
    refusing('WRONGTYPE Operation against a key holding the wrong kind of value'),
    new TypeError('x is not a function'),
  ])('is a defect of the gateway, which nobody has to try again: %s', async (cause) => {
    await expect(failing(cause)).rejects.toMatchObject({
      code: 'internal',
      cause,
      details: { outcome: 'not_sent' },
    });
  });

  it('keeps what was no fault of Redis', async () => {
    const error = new NotFoundError('There is no run "x".');
    await expect(failing(error)).rejects.toBe(error);
  });
});
