import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { StoreUnavailableError } from '../../src/domain/errors.ts';
import type { AcceptedOnce } from '../../src/ledger/accept-once.ts';
import { eventually } from '../support/eventually.ts';
import { Held, newThing, refused, stale, TurnsStage } from '../support/turns-stage.ts';

const stage = new TurnsStage();

describe('an equal request that takes over', () => {
  /** Two requests with one key, both being checked. */
  async function both(): Promise<
    readonly [string, Held, Held, ...Promise<AcceptedOnce<unknown>>[]]
  > {
    const [thing, key, slow, next] = [newThing(), randomUUID(), new Held(), new Held()];
    const first = stage.ask(thing, { key, checks: slow.checks });
    await slow.begun();
    await stage.die();
    const second = stage.ask(thing, { key, checks: next.checks });
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
    await expect(stage.ask(thing)).rejects.toMatchObject({ details: { members } });
  });

  it('and is refused lets nothing through of the one before', async () => {
    const [thing, slow, next, first, second] = await both();
    next.end(stale);
    await expect(second).rejects.toMatchObject({ code: 'precondition_failed' });
    const other = await stage.ask(thing);
    slow.end();
    await expect(first).rejects.toMatchObject(refused);
    expect(await stage.store.index.until(Number.MAX_SAFE_INTEGER, 0, 10)).toMatchObject([
      { id: other.id },
    ]);
  });

  it('of one that was accepted right then is a replay, and frees nothing', async () => {
    const [thing, key, slow] = [newThing(), randomUUID(), new Held()];
    const first = stage.ask(thing, { key, checks: slow.checks });
    await slow.begun();
    await stage.die();
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
    const second = await stage.ask(thing, { key, checks: never });
    expect(second).toMatchObject({ id: (await first).id, isReplay: true });
    expect(stage.audited('A change was accepted')).toHaveLength(1);
    const members = { operation: second.id };
    await expect(stage.ask(thing)).rejects.toMatchObject({ details: { members } });
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
    await expect(stage.ask(thing)).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'not_sent' },
    });
    turns.take = take;
    await eventually(() => stage.ask(thing), 2_000);
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
    await expect(stage.ask(thing, { checks: () => Promise.reject(stale) })).rejects.toBe(stale);
    await expect(stage.ask(thing)).rejects.toMatchObject(refused);
    await eventually(() => stage.ask(thing), 2_000);
  });

  it('stays with what may have been written down', async () => {
    const thing = newThing();
    const { records } = stage.store;
    const create = records.create.bind(records);
    records.create = async (...made) => {
      await create(...made);
      throw new StoreUnavailableError('Lost.', { outcome: 'unknown' });
    };
    await expect(stage.ask(thing)).rejects.toMatchObject({ details: { outcome: 'unknown' } });
    await expect(stage.ask(thing)).rejects.toMatchObject({ code: 'conflict' });
  });
});
