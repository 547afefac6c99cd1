import { beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import { MarksMet } from './odsl.marks.ts';
import { StartLooks } from './odsl.start-looks.ts';
import type { ExecutionLists, ExecutionWindow } from './odsl.window.ts';
import type { ExecutionWire } from './odsl.wire.ts';

const pageSize = 200;
const live = 10_000;
const pages = live / pageSize;
/** As many as a worker looks for at once. */
const atOnce = 256;
const now = Date.now();

/** One start every 60 ms, the newest first. */
const all: readonly ExecutionWire[] = Array.from({ length: live }, (_, at) => ({
  _id: `e-${at}`,
  start: new Date(now - at * 60).toISOString(),
  reason: ` r-${randomUUID()} `,
}));
const markOf = (at: number): string => all[at]?.reason?.trim() ?? '';

let asked: number;
const lists: ExecutionLists = {
  listExecutions: (_days, skip) => {
    asked += 1;
    return Promise.resolve({ items: all.slice(skip, skip + pageSize), total: live });
  },
};
const oldest: ExecutionWindow = { from: now - 60 * live, until: now + 60_000, whole: false };
const signal = AbortSignal.timeout(60_000);

let marks: MarksMet;
let looks: StartLooks;
beforeEach(() => {
  asked = 0;
  marks = new MarksMet();
  looks = new StartLooks(lists, { timeout: 30_000, concurrency: 4 }, marks);
});

describe('starts that nobody has named', () => {
  test('are all found by about one walk, however many there are', async () => {
    const wanted = all.map((_, at) => at).reverse();
    const found = await pMap(
      wanted,
      async (at) => (await looks.of({ mark: markOf(at), window: oldest }, signal)).nativeId,
      { concurrency: atOnce },
    );
    expect(found).toEqual(wanted.map((at) => `e-${at}`));
    expect(asked).toBeLessThanOrEqual(2 * pages + 2);
  });

  test('are found without a call where another read has met them', async () => {
    await marks.within(lists).listExecutions({ from: '', to: '' }, 0, signal);
    asked = 0;
    const found = await looks.of({ mark: markOf(3), window: oldest }, signal);
    expect([found.nativeId, asked]).toEqual(['e-3', 0]);
  });

  test('are read for no further than the last of them', async () => {
    const found = await Promise.all(
      [1, 150, 30].map((at) => looks.of({ mark: markOf(at), window: oldest }, signal)),
    );
    expect(found.map(({ nativeId }) => nativeId)).toEqual(['e-1', 'e-150', 'e-30']);
    expect(asked).toBe(2);
  });

  test('are missing only once all of their window was read, which is shown then', async () => {
    const window = { ...oldest, whole: true };
    const [missing, there] = await Promise.all(
      [`r-${randomUUID()}`, markOf(5)].map((mark) => looks.of({ mark, window }, signal)),
    );
    expect(missing?.nativeId).toBeNull();
    expect(missing?.wires).toHaveLength(live);
    expect(there?.nativeId).toBe('e-5');
    expect(asked).toBeGreaterThanOrEqual(pages);
  });
});
