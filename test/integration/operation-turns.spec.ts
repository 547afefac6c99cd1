import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Turns } from '../../src/operations/turns.ts';
import { eventually } from '../support/eventually.ts';
import { Held, newThing, refused, stale, TurnsStage } from '../support/turns-stage.ts';

const stage = new TurnsStage();

/** Leases that end soon. */
function withLease(leaseMs: number): void {
  const prefix = `${stage.redis.prefix}${randomUUID()}`;
  Object.assign(stage.store, { turns: new Turns(stage.redis.client, prefix, leaseMs) });
}

describe('the turn of a change', () => {
  it('that another one has taken meanwhile makes nothing', async () => {
    const thing = newThing();
    const held = new Held();
    const slow = stage.ask(thing, held);
    await held.begun();
    await stage.expire(thing);
    const other = await stage.ask(thing);
    held.end();
    await expect(slow).rejects.toMatchObject(refused);
    expect(await stage.store.index.until(Number.MAX_SAFE_INTEGER, 0, 10)).toMatchObject([
      { id: other.id },
    ]);
    await expect(stage.ask(thing)).rejects.toMatchObject({
      details: { members: { operation: other.id } },
    });
  });

  it('that was lost makes nothing, though nobody else has taken it', async () => {
    const thing = newThing();
    const held = new Held();
    const slow = stage.ask(thing, held);
    await held.begun();
    await stage.expire(thing);
    held.end();
    await expect(slow).rejects.toMatchObject(refused);
    expect((await stage.ask(thing)).isReplay).toBe(false);
  });

  it('is renewed for as long as it is checked, and ends soon with its process', async () => {
    withLease(400);
    const thing = newThing();
    const held = new Held();
    const slow = stage.ask(thing, held);
    await held.begun();
    for (let time = 0; time < 12; time += 1) {
      await expect(stage.ask(thing)).rejects.toMatchObject(refused);
      await sleep(100);
    }
    held.end();
    await slow;
    const abandoned = newThing();
    const dead = { operation: 'op-dead', token: randomUUID(), isAccepted: false };
    await stage.store.turns.take(abandoned, dead, null);
    await expect(stage.ask(abandoned)).rejects.toMatchObject(refused);
    await eventually(() => stage.ask(abandoned));
  });

  it('ends within seconds of a process that has died, and stands for long once it is accepted', async () => {
    const thing = newThing();
    const held = new Held();
    const slow = stage.ask(thing, held);
    await held.begun();
    const name = await stage.nameOf(thing);
    expect(await stage.redis.client.pttl(name)).toBeLessThanOrEqual(15_000);
    held.end();
    await slow;
    expect(await stage.redis.client.pttl(name)).toBeGreaterThan(3_600_000);
  });

  it('names the operation only where there is one to wait for', async () => {
    const thing = newThing();
    const held = new Held();
    const slow = stage.ask(thing, held);
    await held.begun();
    await expect(stage.ask(thing)).rejects.toMatchObject({ details: { members: {} } });
    await expect(stage.ask(thing)).rejects.not.toHaveProperty('details.members.operation');
    held.end();
    const { id } = await slow;
    await expect(stage.ask(thing)).rejects.toMatchObject({
      details: { members: { operation: id } },
    });
  });

  it('is free once what was written down was taken back', async () => {
    const thing = newThing();
    const { id } = await stage.ask(thing);
    expect(await stage.store.records.withdraw(id)).toBe(true);
    expect((await stage.ask(thing)).isReplay).toBe(false);
  });
});

describe('a change that was refused', () => {
  it.each([
    ['for its caller', stale],
    ['by a defect', new TypeError('of undefined')],
  ])('%s keeps nobody waiting', async (_, error) => {
    const thing = newThing();
    await expect(stage.ask(thing, { checks: () => Promise.reject(error) })).rejects.toBe(error);
    expect((await stage.ask(thing)).isReplay).toBe(false);
  });
});

describe('a change of two things', () => {
  it('has the turns of both', async () => {
    const [one, other] = [newThing(), newThing()];
    const { id } = await stage.ask(one, { others: [other] });
    for (const thing of [one, other])
      await expect(stage.ask(thing)).rejects.toMatchObject({
        details: { members: { operation: id } },
      });
    await stage.until(id);
    for (const thing of [one, other]) await stage.ask(thing);
  });

  it('that cannot have one of them leaves the other', async () => {
    const [free, taken] = [newThing(), newThing()];
    await stage.ask(taken);
    await expect(stage.ask(free, { others: [taken] })).rejects.toMatchObject(refused);
    await stage.ask(free);
  });

  it('that loses one of them makes nothing', async () => {
    const [one, other] = [newThing(), newThing()];
    const held = new Held();
    const slow = stage.ask(one, { checks: held.checks, others: [other] });
    await held.begun();
    await stage.expire(other);
    held.end();
    await expect(slow).rejects.toMatchObject(refused);
    await stage.ask(one);
  });

  it('gets them, or another one does that wants them the other way round', async () => {
    for (let time = 0; time < 30; time += 1) {
      const [one, other] = [newThing(), newThing()];
      const ends = await Promise.allSettled([
        stage.ask(one, { others: [other] }),
        stage.ask(other, { others: [one] }),
      ]);
      expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
  });
});
