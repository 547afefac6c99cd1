import { describe, expect, it } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setTimeout as sleep } from 'node:timers/promises';
import { deadline, remainingMs, timeout } from './deadline.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('a deadline', () => {
  it.each<[string, (parent: AbortSignal) => AbortSignal]>([
    ['alone', () => deadline(300)],
    ['below another one', (parent) => deadline(300, deadline(10_000, parent))],
    ['above another one', (parent) => deadline(10_000, deadline(300, parent))],
    ['as one of any', (parent) => AbortSignal.any([timeout(300), parent])],
    ['as one of any of any', (parent) => AbortSignal.any([deadline(300, parent), deadline(9_000)])],
  ])('%s fires though nobody else holds it while memory is collected', async (_, make) => {
    const parent = new AbortController();
    const told: unknown[] = [];
    make(parent.signal).addEventListener('abort', ({ target }) => {
      told.push((target as AbortSignal).reason);
    });
    for (let time = 0; time < 10; time += 1) {
      await sleep(20);
      collect();
    }
    await sleep(300);
    expect(told).toEqual([expect.objectContaining({ name: 'TimeoutError' })]);
    expect(parent.signal.aborted).toBe(false);
  });

  it('may be any part of the time that another one leaves', () => {
    const parent = deadline(10_001);
    for (const part of [1, 2, 3, 7]) {
      const leftMs = remainingMs(deadline(remainingMs(parent) / part, parent));
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(Math.ceil(10_001 / part));
    }
    expect(remainingMs(deadline(Number.POSITIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY);
  });
});
