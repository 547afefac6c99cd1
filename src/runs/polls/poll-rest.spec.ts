import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { PollRest } from './poll-rest.ts';

const limit = 100;
const at = 1_800_000_000_000;

type Look = readonly [before: number, left: number];

/** Rests that were taken, in ms, by looks after which so much of the budget is left. */
async function rests(...looks: readonly Look[]): Promise<number[]> {
  return restsWhere([], looks);
}

/** The same where the calls that count come back after so long each, in ms. */
async function restsWhere(freeInMs: readonly number[], looks: readonly Look[]): Promise<number[]> {
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
      return Promise.resolve({ limit, remaining: remaining.shift() ?? 0, resetsAt, freeInMs });
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

  it('is no longer than until enough of it has come back', async () => {
    const evenly = (calls: number): number[] =>
      Array.from({ length: calls }, (_, at) => ((at + 1) * 60_000) / calls);
    expect(await restsWhere(evenly(90), [[20, 10]])).toEqual([20]);
    // What was spent at once comes back at once.
    expect(await restsWhere(Array<number>(90).fill(60_000), [[20, 10]])).toEqual([60]);
    expect(await restsWhere(Array<number>(90).fill(7_000), [[20, 10]])).toEqual([7]);
  });

  it('leaves half of the budget to others when it goes on and on', async () => {
    const everyMs = 12_000;
    const looks = [1, 2, 3, 4, 5].map((at) => at * everyMs);
    const freeInMs = looks.flatMap((ms) => Array<number>(10).fill(ms));
    expect(await restsWhere(freeInMs, [[60, 50]])).toEqual([everyMs / 1_000]);
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
