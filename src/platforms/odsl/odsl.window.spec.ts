import { beforeEach, describe, expect, test } from '@jest/globals';
import { executionsIn } from './odsl.window.ts';
import type { ExecutionWire } from './odsl.wire.ts';

const pageSize = 200;
const now = Date.parse('2026-11-20T12:00:00Z');
const minute = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();
/** One every ten seconds for two days, the newest first. */
const all: readonly ExecutionWire[] = Array.from({ length: 17_280 }, (_, at) => ({
  _id: `e-${at}`,
  start: iso(now - at * 10_000),
}));

let asked: number[];
let counts: boolean;
const client = {
  listExecutions: (_days: object, skip: number) => {
    asked.push(skip);
    const total = counts ? all.length : null;
    return Promise.resolve({ items: all.slice(skip, skip + pageSize), total });
  },
};

beforeEach(() => {
  [asked, counts] = [[], true];
});

async function read(from: number, until: number, whole = false): Promise<string[]> {
  const signal = new AbortController().signal;
  const found = await executionsIn(client, { from, until, whole }, { concurrency: 4, signal });
  return found.map(({ _id }) => _id);
}

function meant(from: number, until: number): string[] {
  const isMeant = (start: string): boolean => start >= iso(from) && start <= iso(until);
  return all.filter(({ start }) => isMeant(start ?? '')).map(idOf);
}

const idOf = ({ _id }: ExecutionWire): string => _id;

describe('a window of executions', () => {
  test.each([0, 1, 33, 34, 600, 1_439, 2_870, 2_880, 3_000])(
    'is found behind those of the %d minutes after it without reading them',
    async (minutes) => {
      const until = now - minutes * minute;
      expect(await read(until - minute, until)).toEqual(meant(until - minute, until));
      expect(asked.length).toBeLessThan(20);
    },
  );

  test('is read from the newest on where nobody says how many there are', async () => {
    counts = false;
    const until = now - 600 * minute;
    expect(await read(until - minute, until)).toEqual(meant(until - minute, until));
    expect(asked).toEqual(Array.from({ length: 19 }, (_, at) => at * pageSize));
  });

  test('is read whole where that is wanted', async () => {
    const until = now - 600 * minute;
    expect(await read(until - minute, until, true)).toEqual(meant(until - minute, until));
    expect(asked).toHaveLength(Math.ceil(all.length / pageSize));
  });
});
