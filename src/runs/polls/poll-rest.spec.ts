import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { PollRest } from './poll-rest.ts';

const limit = 100;
const at = 1_800_000_000_000;

/** Rests that were taken, in ms, by looks after which so much of the budget is left. */
async function rests(
  ...looks: readonly (readonly [before: number, left: number])[]
): Promise<number[]> {
  const taken: number[] = [];
  const rest = new PollRest({
    rest: (connection, now, restMs) => {
      expect([connection, now]).toEqual(['uipath', at]);
      taken.push(restMs);
      return Promise.resolve();
    },
  });
  for (const look of looks) {
    const remaining = [...look];
    const budget = () => {
      const resetsAt = new Date(Date.now() + 60_000).toISOString();
      return Promise.resolve({ limit, remaining: remaining.shift() ?? 0, resetsAt });
    };
    const connection = { id: 'uipath', adapter: { budget } };
    expect(await rest.after(connection, at, () => Promise.resolve('seen'))).toBe('seen');
  }
  return taken.map((ms) => Math.round(ms / 1_000));
}

describe('the rest after a look', () => {
  it('lasts so long that what is left of the budget is enough', async () => {
    expect(await rests([100, 98])).toEqual([1]);
    expect(await rests([100, 80])).toEqual([15]);
    expect(await rests([60, 40])).toEqual([30]);
  });

  it('lasts a minute at most', async () => {
    expect(await rests([20, 0])).toEqual([60]);
    expect(await rests([40, 10])).toEqual([60]);
  });

  it('remembers what the look before has cost', async () => {
    expect(await rests([100, 80], [80, 80], [80, 80])).toEqual([15, 8, 4]);
  });

  it('is twice as long as the look where no limit is published', async () => {
    const taken: number[] = [];
    const rest = new PollRest({
      rest: (_connection, _now, restMs) => {
        taken.push(restMs);
        return Promise.resolve();
      },
    });
    await rest.after({ id: 'concord', adapter: {} }, at, () => sleep(100));
    expect(taken[0]).toBeGreaterThanOrEqual(290);
    expect(taken[0]).toBeLessThan(1_500);
  });

  it('goes by when the last answer came, not by what was waited for in vain', async () => {
    const taken: number[] = [];
    const rest = new PollRest({
      rest: (_connection, _now, restMs) => {
        taken.push(restMs);
        return Promise.resolve();
      },
    });
    await rest.after({ id: 'concord', adapter: {} }, at, async (answered) => {
      answered();
      await sleep(2_000);
    });
    expect(taken[0]).toBeLessThan(2_000);
  });
});
