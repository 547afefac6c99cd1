import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { ConflictError, IdempotencyKeyReusedError } from '../../src/domain/errors.ts';
import { type Claim, fingerprintOf, IdempotencyKeys } from '../../src/ledger/idempotency.ts';
import { toProblem } from '../../src/http/problem.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('keys');
afterAll(() => redis.close());
afterEach(() => {
  jest.restoreAllMocks();
});

const keys = new IdempotencyKeys(redis.client, redis.prefix);
const request = fingerprintOf('POST', '/v1/processes/p/runs', { input: { a: 1, b: 2 } });
let key: string;
let records: Set<string>;

beforeEach(() => {
  key = randomUUID();
  records = new Set();
});

const claim = (id: string, caller = 'me', fingerprint = request): Promise<Claim> =>
  keys.claim(caller, key, fingerprint, id, (each) => Promise.resolve(records.has(each)));

/** As if so many ms had passed for this process. */
function later(ms: number): void {
  const now = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => now() + ms);
}

describe('an idempotency key', () => {
  it('is claimed by one of a hundred, and the others are told to come back', async () => {
    const claims = await Promise.allSettled(
      Array.from({ length: 100 }, (_, at) => claim(`r-${at}`)),
    );
    const won = claims.filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const each of claims) {
      if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(ConflictError);
    }
  });

  it('gives everybody the record of the first one, once that is there', async () => {
    const { id } = await claim('first');
    records.add(id);
    const claims = await Promise.all(Array.from({ length: 100 }, (_, at) => claim(`r-${at}`)));
    expect(new Set(claims.map((each) => each.id))).toEqual(new Set(['first']));
    expect(claims.every(({ isReplay }) => isReplay)).toBe(true);
  });

  it('belongs to its request, whatever the order of its members, and to its caller', async () => {
    const { id } = await claim('first');
    records.add(id);
    const same = fingerprintOf('POST', '/v1/processes/p/runs', { input: { b: 2, a: 1 } });
    expect(await claim('second', 'me', same)).toMatchObject({ id: 'first', isReplay: true });
    const other = fingerprintOf('POST', '/v1/processes/p/runs', { input: { a: 1, b: 3 } });
    await expect(claim('second', 'me', other)).rejects.toThrow(IdempotencyKeyReusedError);
    expect(await claim('second', 'you', other)).toMatchObject({ id: 'second', isReplay: false });
  });

  it('of a request that has died goes to the next one, with the id of its record', async () => {
    await claim('first');
    await expect(claim('second')).rejects.toThrow(ConflictError);
    later(16_000);
    const claims = await Promise.allSettled(
      Array.from({ length: 50 }, (_, at) => claim(`r-${at}`)),
    );
    const won = claims.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(won).toMatchObject([{ id: 'first', isReplay: false }]);
  });

  it('is told to come back in a second while its request is on its way', async () => {
    await claim('first');
    const error = await claim('second').catch((thrown: unknown) => thrown);
    const problem = toProblem(error as ConflictError, { id: '1', path: '/' });
    expect([problem.status, problem.retryable, problem.outcome]).toEqual([409, true, 'not_sent']);
    expect((error as ConflictError).details.retryAfterMs).toBe(1_000);
  });

  it('is free again when its request was refused', async () => {
    const refused = await claim('first');
    await keys.release('me', key, refused);
    expect(await claim('second')).toMatchObject({ id: 'second', isReplay: false });
  });

  it('goes back to the request that it was taken from when the next one is refused', async () => {
    await claim('first');
    later(16_000);
    await keys.release('me', key, await claim('second'));
    // The first one may be alive, and make its record any time: nobody may make another one.
    expect(await claim('third')).toMatchObject({ id: 'first', isReplay: false });
  });

  it('tells what was made, with the status that was told of it, and nothing before that', async () => {
    const exists = (id: string) => Promise.resolve(records.has(id));
    expect(await keys.made('me', key, request, exists)).toBeNull();
    const first = await claim('first');
    expect(await keys.made('me', key, request, exists)).toBeNull();
    records.add(first.id);
    expect(await keys.made('me', key, request, exists)).toMatchObject({
      id: 'first',
      status: null,
    });
    await keys.answered('me', key, first, 202);
    await keys.answered('me', key, first, 200);
    expect(await claim('second')).toMatchObject({ id: 'first', isReplay: true, status: 202 });
    await expect(keys.made('me', key, 'other', exists)).rejects.toThrow(IdempotencyKeyReusedError);
  });

  it('cannot be given back by one that it was taken from', async () => {
    const slow = await claim('first');
    later(16_000);
    const { id } = await claim('second');
    records.add(id);
    await keys.release('me', key, slow);
    expect(await claim('third')).toMatchObject({ id: 'first', isReplay: true });
  });

  it('is kept for seven days', async () => {
    await claim('first');
    const [name = ''] = await redis.client.keys(`${redis.prefix}:idempotency:*`);
    const left = await redis.client.pttl(name);
    expect(left / 3_600_000).toBeGreaterThan(167.9);
    expect(name).not.toContain(key);
  });
});
