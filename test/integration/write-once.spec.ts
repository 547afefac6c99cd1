import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { ConflictError, UpstreamTimeoutError } from '../../src/domain/errors.ts';
import { IdempotencyKeys } from '../../src/ledger/idempotency.ts';
import { type Begin, WriteOnce, type Written } from '../../src/ledger/write-once.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('once');
afterAll(() => redis.close());
afterEach(() => {
  jest.restoreAllMocks();
});

const once = new WriteOnce(new IdempotencyKeys(redis.client, redis.prefix));
let request: FastifyRequest;
let effects: string[];

beforeEach(() => {
  const headers = { 'idempotency-key': randomUUID() };
  request = { headers, method: 'POST', url: '/v1/runs/a/restart' } as unknown as FastifyRequest;
  effects = [];
});

const run = (write: (begin: Begin) => Promise<string>): Promise<Written<string>> =>
  once.run({ request, body: {}, caller: 'me', record: 'a' }, write);

/** A write that takes effect under a name, once it may. */
const acts =
  (name: string) =>
  async (begin: Begin): Promise<string> => {
    await begin();
    effects.push(name);
    return name;
  };

/** Begins a write that stands still until it is told to go on; as one whose process is killed if it never is. */
async function standingStill(write: (begin: Begin) => Promise<string>, hasBegun = false) {
  let goOn = (): void => undefined;
  const still = new Promise<void>((resolve) => (goOn = resolve));
  let stands = (): void => undefined;
  const standing = new Promise<void>((resolve) => (stands = resolve));
  const ended = run(async (begin) => {
    if (hasBegun) await begin();
    stands();
    await still;
    return write(begin);
  });
  ended.catch(() => undefined);
  await standing;
  return { goOn, ended };
}

/** As if so many ms had passed. */
function later(ms: number): void {
  const now = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => now() + ms);
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

describe('a write with a key', () => {
  it('is done once, and later ones are told so', async () => {
    expect(await run(acts('first'))).toEqual({ result: 'first', isReplay: false });
    expect(await run(acts('second'))).toEqual({ result: null, isReplay: true });
    expect(effects).toEqual(['first']);
  });

  it('is not said to be done while the first one is on its way', async () => {
    const { goOn, ended } = await standingStill(acts('first'));
    expect(await failure(run(acts('second')))).toMatchObject({
      code: 'conflict',
      details: { outcome: 'not_sent', retryAfterMs: 1_000 },
    });
    goOn();
    expect(await ended).toEqual({ result: 'first', isReplay: false });
    expect(await run(acts('third'))).toEqual({ result: null, isReplay: true });
    expect(effects).toEqual(['first']);
  });

  it('whose process died before it did anything is done by the next one, and by one of those', async () => {
    await standingStill(acts('first'));
    expect(await failure(run(acts('too soon')))).toBeInstanceOf(ConflictError);
    later(16_000);
    const others = await Promise.allSettled(
      Array.from({ length: 20 }, (_, at) => run(acts(`other ${at}`))),
    );
    const did = others.filter((each) => each.status === 'fulfilled' && !each.value.isReplay);
    expect([did.length, effects.length]).toEqual([1, 1]);
    expect(await run(acts('late'))).toEqual({ result: null, isReplay: true });
  });

  it('that was taken over can do nothing any more when it comes back to life', async () => {
    const { goOn, ended } = await standingStill(acts('first'));
    later(16_000);
    expect(await run(acts('second'))).toEqual({ result: 'second', isReplay: false });
    goOn();
    expect(await failure(ended)).toMatchObject({ code: 'conflict' });
    expect(effects).toEqual(['second']);
    expect(await run(acts('third'))).toEqual({ result: null, isReplay: true });
  });

  it('whose process died in the middle is not done again: nobody knows whether it was done', async () => {
    await standingStill(acts('first'), true);
    later(16_000);
    expect(await failure(run(acts('second')))).toMatchObject({
      code: 'conflict',
      details: { outcome: 'unknown', retryable: false },
    });
    expect(effects).toEqual([]);
  });

  it('whose answer was lost is not done again either', async () => {
    const lost = new UpstreamTimeoutError('No answer came in time.', { sent: 'maybe' });
    const first = run(async (begin) => {
      await acts('first')(begin);
      throw lost;
    });
    expect(await failure(first)).toMatchObject({ code: 'upstream_timeout' });
    expect(await failure(run(acts('second')))).toMatchObject({
      code: 'conflict',
      details: { outcome: 'unknown' },
    });
    expect(effects).toEqual(['first']);
  });

  it('that was refused can be tried again', async () => {
    const refused = run(() => Promise.reject(new ConflictError('It has not ended.')));
    expect(await failure(refused)).toMatchObject({ code: 'conflict' });
    expect(await run(acts('second'))).toEqual({ result: 'second', isReplay: false });
  });
});
