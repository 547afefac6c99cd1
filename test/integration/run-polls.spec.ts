import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RunPolls } from '../../src/runs/polls/run-polls.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('polls');
afterAll(() => redis.close());

let polls: RunPolls;
let test = 0;

beforeEach(() => {
  polls = new RunPolls(redis.client, `${redis.prefix}${(test += 1)}`);
});

const all = { now: 10_000, most: 100, until: 40_000 };
const take = async ({ now, most, until } = all): Promise<string[]> => [
  ...(await polls.take('c', now, most, until)).keys(),
];

describe('runs that are due', () => {
  it('are taken by one process, and by the next one when that has not given them back', async () => {
    await polls.plan('c', 'a', 9_000);
    await polls.plan('c', 'b', 9_500);
    await polls.plan('c', 'later', 11_000);
    const taken = await Promise.all(Array.from({ length: 10 }, () => take()));
    expect(taken.flat().sort()).toEqual(['a', 'b']);
    expect(await take({ ...all, now: 40_000 })).toEqual(['later', 'a', 'b']);
  });

  it('come back when they were planned for, and not at all once they have ended', async () => {
    for (const id of ['a', 'b', 'c']) await polls.plan('c', id, 9_000);
    await take();
    await polls.giveBack(
      'c',
      all.until,
      new Map([
        ['a', 12_000],
        ['b', null],
        ['c', 15_000],
      ]),
    );
    expect(await take({ ...all, now: 14_000 })).toEqual(['a']);
    expect(await take({ ...all, now: 39_000 })).toEqual(['c']);
    expect(await polls.count('c')).toBe(2);
  });

  it('that somebody wants to see sooner meanwhile are not put off, nor forgotten', async () => {
    for (const id of ['revived', 'stopped']) await polls.plan('c', id, 9_000);
    await take();
    await polls.plan('c', 'revived', 10_500);
    await polls.plan('c', 'stopped', 10_500);
    await polls.giveBack(
      'c',
      all.until,
      new Map([
        ['revived', null],
        ['stopped', 60_000],
      ]),
    );
    expect((await take({ ...all, now: 11_000 })).sort()).toEqual(['revived', 'stopped']);
  });
});

describe('runs that a platform does not show', () => {
  it('are missed since they were not shown for the first time, until they are shown again', async () => {
    expect(await polls.missed('c', ['a', 'b'], 1_000)).toEqual([1_000, 1_000]);
    expect(await polls.missed('c', ['b', 'd'], 5_000)).toEqual([1_000, 5_000]);
    await polls.shown('c', ['b']);
    expect(await polls.missed('c', ['a', 'b'], 9_000)).toEqual([1_000, 9_000]);
    await polls.giveBack('c', 0, new Map([['a', null]]));
    expect(await polls.missed('c', ['a'], 12_000)).toEqual([12_000]);
  });
});

describe('a run that somebody wants to see soon', () => {
  it('comes sooner, and is not put off by others who want that later', async () => {
    await polls.plan('c', 'a', 60_000);
    await polls.hurry('c', 'a', 9_000);
    await polls.hurry('c', 'a', 11_000);
    await polls.hurry('c', 'new', 9_500);
    expect(await take()).toEqual(['a', 'new']);
  });
});
