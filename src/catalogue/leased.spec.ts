import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Leased } from './leased.ts';

const leaseMs = 20;

/** A value elsewhere that takes its time to be read, and a clock. */
class Elsewhere {
  now = 0;
  value = 0;
  reads = 0;
  readonly leased = new Leased(
    leaseMs,
    async () => {
      this.reads += 1;
      const { value } = this;
      for (let step = 0; step < this.takes; step += 1) await Promise.resolve();
      return value;
    },
    () => this.now,
  );
  readonly takes: number;

  constructor(takes = 0) {
    this.takes = takes;
  }
}

describe('a value that is leased', () => {
  it('is read once for all calls within the lease, which counts from when the read began', async () => {
    const place = new Elsewhere(3);
    const first = place.leased.get();
    place.now = 5;
    expect(await first).toBe(0);
    place.value = 1;
    place.now = leaseMs - 1;
    expect([place.leased.known, await place.leased.get(), place.reads]).toEqual([0, 0, 1]);
    place.now = leaseMs;
    expect([place.leased.known, await place.leased.get(), place.reads]).toEqual([undefined, 1, 2]);
  });

  it('hides no change from a call that comes a lease after it, however calls and reads fall together', async () => {
    const turns = fc.array(
      fc.record({ ms: fc.nat(leaseMs), ticks: fc.nat(4), changes: fc.boolean() }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(turns, fc.nat(4), async (steps, takes) => {
        const place = new Elsewhere(takes);
        const changedAt = [-leaseMs];
        const asked: Promise<void>[] = [];
        for (const { ms, ticks, changes } of steps) {
          place.now += ms;
          for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
          if (changes) {
            place.value += 1;
            changedAt.push(place.now);
          }
          const toldOf = changedAt.findLastIndex((at) => at + leaseMs <= place.now);
          asked.push(
            place.leased.get().then((value) => {
              expect(value).toBeGreaterThanOrEqual(toldOf);
            }),
          );
        }
        await Promise.all(asked);
      }),
    );
  });

  it('is read anew at once by the process that has changed it, also when a read was under way', async () => {
    const place = new Elsewhere(2);
    await place.leased.get();
    place.now = leaseMs;
    const under = place.leased.get();
    await Promise.resolve();
    place.value = 1;
    place.leased.drop();
    await under;
    expect(place.leased.known).toBeUndefined();
    expect(await place.leased.get()).toBe(1);
    expect(place.leased.known).toBe(1);
  });
});
