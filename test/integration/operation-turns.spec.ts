import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { PreconditionFailedError, StoreUnavailableError } from '../../src/domain/errors.ts';
import type { AcceptedOnce } from '../../src/ledger/accept-once.ts';
import type { LedgerEntry } from '../../src/ledger/record.ts';
import type { OperationOrder } from '../../src/operations/operation-acceptance.ts';
import { Turns } from '../../src/operations/turns.ts';
import { eventually } from '../support/eventually.ts';
import { OperationStage } from '../support/operation-stage.ts';

const stage = new OperationStage();

interface Asked {
  readonly key?: string | null;
  /** What checking it takes. */
  readonly checks?: () => Promise<unknown>;
  readonly others?: readonly string[];
}

/** A thing that nothing has changed yet. */
const newThing = (): string => `erp:${randomUUID()}`;

/** Asks for a change of a thing. */
function ask(
  thing: string,
  { key = null, checks = () => Promise.resolve(), others = [] }: Asked = {},
): Promise<AcceptedOnce<unknown>> {
  const prepare = async (): Promise<OperationOrder> => {
    await checks();
    const about = { kind: 'tag_version', connection: 'erp', platform: 'erp' } as const;
    const who = { process: 'invoices', input: {}, requestId: 'r', caller: 'me' };
    return {
      part: 'tags',
      operation: { ...about, ...who },
      prepared: await stage.change.prepare(),
    };
  };
  const keyed = { caller: 'me', idempotencyKey: key };
  return stage.acceptance.once(keyed, 'print', thing, prepare, others);
}

/** A check that takes until it is told how it ends. */
class Held {
  readonly #events = new EventEmitter();
  #begins = 0;

  readonly checks = async (): Promise<void> => {
    this.#begins += 1;
    const [error] = (await once(this.#events, 'end')) as [Error | null];
    if (error !== null) throw error;
  };

  async begun(times = 1): Promise<void> {
    await eventually(() => {
      expect(this.#begins).toBe(times);
    });
  }

  end(error: Error | null = null): void {
    this.#events.emit('end', error);
  }
}

const refused = { code: 'conflict', details: { outcome: 'not_sent', retryable: true } };
const stale = new PreconditionFailedError('Stale.', { outcome: 'not_sent' });

/** Where the turn of a thing lies. */
async function nameOf(thing: string): Promise<string> {
  const [name = ''] = await stage.redis.client.keys(`${stage.redis.prefix}*:turn:{${thing}}`);
  return name;
}

/** As if the request that holds the turn of a thing had not renewed it for long. */
async function expire(thing: string): Promise<void> {
  await stage.redis.client.del(await nameOf(thing));
}

/** As if every request that holds a key had died. */
async function die(): Promise<void> {
  const { client, prefix } = stage.redis;
  for (const name of await client.keys(`${prefix}*:idempotency:*`)) {
    const claim = JSON.parse((await client.get(name)) ?? '') as { claimedAt: number };
    const old = JSON.stringify({ ...claim, claimedAt: claim.claimedAt - 60_000 });
    await client.set(name, old);
  }
}

/** Leases that end soon. */
function withLease(leaseMs: number): void {
  const prefix = `${stage.redis.prefix}${randomUUID()}`;
  Object.assign(stage.store, { turns: new Turns(stage.redis.client, prefix, leaseMs) });
}

describe('the turn of a change', () => {
  it('that another one has taken meanwhile makes nothing', async () => {
    const thing = newThing();
    const held = new Held();
    const slow = ask(thing, held);
    await held.begun();
    await expire(thing);
    const other = await ask(thing);
    held.end();
    await expect(slow).rejects.toMatchObject(refused);
    expect(await stage.store.index.until(Number.MAX_SAFE_INTEGER, 0, 10)).toMatchObject([
      { id: other.id },
    ]);
    await expect(ask(thing)).rejects.toMatchObject({
      details: { members: { operation: other.id } },
    });
  });

  it('that was lost makes nothing, though nobody else has taken it', async () => {
    const thing = newThing();
    const held = new Held();
    const slow = ask(thing, held);
    await held.begun();
    await expire(thing);
    held.end();
    await expect(slow).rejects.toMatchObject(refused);
    expect((await ask(thing)).isReplay).toBe(false);
  });

  it('is renewed for as long as it is checked, and ends soon with its process', async () => {
    withLease(400);
    const thing = newThing();
    const held = new Held();
    const slow = ask(thing, held);
    await held.begun();
    for (let time = 0; time < 12; time += 1) {
      await expect(ask(thing)).rejects.toMatchObject(refused);
      await sleep(100);
    }
    held.end();
    await slow;
    const abandoned = newThing();
    const dead = { operation: 'op-dead', token: randomUUID(), isAccepted: false };
    await stage.store.turns.take(abandoned, dead, null);
    await expect(ask(abandoned)).rejects.toMatchObject(refused);
    await eventually(() => ask(abandoned));
  });

  it('ends within seconds of a process that has died, and stands for long once it is accepted', async () => {
    const thing = newThing();
    const held = new Held();
    const slow = ask(thing, held);
    await held.begun();
    const name = await nameOf(thing);
    expect(await stage.redis.client.pttl(name)).toBeLessThanOrEqual(15_000);
    held.end();
    await slow;
    expect(await stage.redis.client.pttl(name)).toBeGreaterThan(3_600_000);
  });

  it('names the operation only where there is one to wait for', async () => {
    const thing = newThing();
    const held = new Held();
    const slow = ask(thing, held);
    await held.begun();
    await expect(ask(thing)).rejects.toMatchObject({ details: { members: {} } });
    await expect(ask(thing)).rejects.not.toHaveProperty('details.members.operation');
    held.end();
    const { id } = await slow;
    await expect(ask(thing)).rejects.toMatchObject({ details: { members: { operation: id } } });
  });

  it('is free once what was written down was taken back', async () => {
    const thing = newThing();
    const { id } = await ask(thing);
    expect(await stage.store.records.withdraw(id)).toBe(true);
    expect((await ask(thing)).isReplay).toBe(false);
  });
});

describe('an equal request that takes over', () => {
  /** Two requests with one key, both being checked. */
  async function both(): Promise<
    readonly [string, Held, Held, ...Promise<AcceptedOnce<unknown>>[]]
  > {
    const [thing, key, slow, next] = [newThing(), randomUUID(), new Held(), new Held()];
    const first = ask(thing, { key, checks: slow.checks });
    await slow.begun();
    await die();
    const second = ask(thing, { key, checks: next.checks });
    await next.begun();
    return [thing, slow, next, first, second];
  }

  it('keeps its turn when the one before is refused', async () => {
    const [thing, slow, next, first, second] = await both();
    next.end();
    const accepted = await second;
    slow.end(stale);
    await expect(first).rejects.toMatchObject({ code: 'precondition_failed' });
    const members = { operation: accepted?.id };
    await expect(ask(thing)).rejects.toMatchObject({ details: { members } });
  });

  it('and is refused lets nothing through of the one before', async () => {
    const [thing, slow, next, first, second] = await both();
    next.end(stale);
    await expect(second).rejects.toMatchObject({ code: 'precondition_failed' });
    const other = await ask(thing);
    slow.end();
    await expect(first).rejects.toMatchObject(refused);
    expect(await stage.store.index.until(Number.MAX_SAFE_INTEGER, 0, 10)).toMatchObject([
      { id: other.id },
    ]);
  });

  it('of one that was accepted right then is a replay, and frees nothing', async () => {
    const [thing, key, slow] = [newThing(), randomUUID(), new Held()];
    const first = ask(thing, { key, checks: slow.checks });
    await slow.begun();
    await die();
    const { turns } = stage.store;
    const take = turns.take.bind(turns);
    // It is accepted after the second one has looked for it, and before that takes its turn.
    turns.take = async (...turn) => {
      turns.take = take;
      slow.end();
      await first;
      return take(...turn);
    };
    const never = (): Promise<never> => Promise.reject(stale);
    const second = await ask(thing, { key, checks: never });
    expect(second).toMatchObject({ id: (await first).id, isReplay: true });
    expect(stage.audited('A change was accepted')).toHaveLength(1);
    const members = { operation: second.id };
    await expect(ask(thing)).rejects.toMatchObject({ details: { members } });
  });
});

describe('a turn that Redis was too slow for', () => {
  it('locks nobody out though it was taken all the same', async () => {
    const thing = newThing();
    const { turns } = stage.store;
    const take = turns.take.bind(turns);
    turns.take = async (...turn) => {
      await take(...turn);
      throw new Error('Command timed out');
    };
    await expect(ask(thing)).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'not_sent' },
    });
    turns.take = take;
    await eventually(() => ask(thing), 2_000);
  });

  it('is given back later', async () => {
    const thing = newThing();
    const { turns } = stage.store;
    const leave = turns.leave.bind(turns);
    let fails = 2;
    turns.leave = async (...turn) => {
      fails -= 1;
      if (fails >= 0) throw new Error('Command timed out');
      await leave(...turn);
    };
    await expect(ask(thing, { checks: () => Promise.reject(stale) })).rejects.toBe(stale);
    await expect(ask(thing)).rejects.toMatchObject(refused);
    await eventually(() => ask(thing), 2_000);
  });

  it('stays with what may have been written down', async () => {
    const thing = newThing();
    const { records } = stage.store;
    const create = records.create.bind(records);
    records.create = async (...made) => {
      await create(...made);
      throw new StoreUnavailableError('Lost.', { outcome: 'unknown' });
    };
    await expect(ask(thing)).rejects.toMatchObject({ details: { outcome: 'unknown' } });
    await expect(ask(thing)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('a change that was refused', () => {
  it.each([
    ['for its caller', stale],
    ['by a defect', new TypeError('of undefined')],
  ])('%s keeps nobody waiting', async (_, error) => {
    const thing = newThing();
    await expect(ask(thing, { checks: () => Promise.reject(error) })).rejects.toBe(error);
    expect((await ask(thing)).isReplay).toBe(false);
  });
});

describe('a change in doubt', () => {
  const lateMs = 5 * 60_000;

  /** A thing whose change is in doubt, sent so long ago. */
  async function doubted(agoMs: number, more: Partial<LedgerEntry>): Promise<[string, string]> {
    const thing = newThing();
    const { id } = await ask(thing);
    const sentUntil = (await stage.store.records.now()) - agoMs;
    await stage.store.records.change(id, ({ doc, ledger }) => {
      if (ledger === null) throw new Error('it has a ledger');
      return {
        doc: { ...doc, status: 'unknown', final: true, outcome: 'unknown' },
        ledger: { ...ledger, state: 'unknown', sentUntil, ...more },
      };
    });
    return [thing, id];
  }

  it('keeps its turn for as long as somebody may still bring it, and says how long that is', async () => {
    const [thing, operation] = await doubted(lateMs - 60_000, { mayBeLate: true });
    const error = (await ask(thing).catch((thrown: unknown) => thrown)) as typeof stale;
    expect(error).toMatchObject({ ...refused, details: { members: { operation } } });
    expect(error.details.retryAfterMs).toBeGreaterThan(50_000);
    expect(error.details.retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it('that its platform was asked to wait with keeps it for so much longer', async () => {
    const [thing] = await doubted(lateMs, { mayBeLate: true, waitMs: 60_000 });
    await expect(ask(thing)).rejects.toMatchObject(refused);
  });

  it.each([
    ['after that', lateMs, { mayBeLate: true }],
    ['at once where nobody holds it', 0, {}],
  ])('is free %s', async (_, agoMs, more) => {
    const [thing] = await doubted(agoMs, more);
    expect((await ask(thing)).isReplay).toBe(false);
  });

  it('is free as soon as a person has settled it', async () => {
    const [thing, id] = await doubted(0, { mayBeLate: true });
    await stage.service.resolve(id, { outcome: 'not_sent', note: 'It cannot come.' }, 'r');
    expect((await ask(thing)).isReplay).toBe(false);
  });
});

describe('a change of two things', () => {
  it('has the turns of both', async () => {
    const [one, other] = [newThing(), newThing()];
    const { id } = await ask(one, { others: [other] });
    for (const thing of [one, other])
      await expect(ask(thing)).rejects.toMatchObject({ details: { members: { operation: id } } });
    await stage.until(id);
    for (const thing of [one, other]) await ask(thing);
  });

  it('that cannot have one of them leaves the other', async () => {
    const [free, taken] = [newThing(), newThing()];
    await ask(taken);
    await expect(ask(free, { others: [taken] })).rejects.toMatchObject(refused);
    await ask(free);
  });

  it('that loses one of them makes nothing', async () => {
    const [one, other] = [newThing(), newThing()];
    const held = new Held();
    const slow = ask(one, { checks: held.checks, others: [other] });
    await held.begun();
    await expire(other);
    held.end();
    await expect(slow).rejects.toMatchObject(refused);
    await ask(one);
  });

  it('gets them, or another one does that wants them the other way round', async () => {
    for (let time = 0; time < 30; time += 1) {
      const [one, other] = [newThing(), newThing()];
      const ends = await Promise.allSettled([
        ask(one, { others: [other] }),
        ask(other, { others: [one] }),
      ]);
      expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
  });
});
