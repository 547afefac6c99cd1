import { describe, expect, it } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setTimeout as sleep } from 'node:timers/promises';
import { deadline, remainingMs, timeout } from './deadline.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('a deadline', () => {
  it('fires though nobody else holds it while memory is collected', async () => {
    const parent = new AbortController();
    const made: Readonly<Record<string, AbortSignal>> = {
      alone: deadline(300),
      below: deadline(300, deadline(60_000, parent.signal)),
      above: deadline(60_000, deadline(300, parent.signal)),
      any: AbortSignal.any([timeout(300), parent.signal]),
      anyOfAny: AbortSignal.any([deadline(300, parent.signal), deadline(60_000)]),
    };
    const told = new Map<string, unknown>();
    for (const [name, signal] of Object.entries(made))
      signal.addEventListener('abort', () => told.set(name, signal.reason));
    const names = Object.keys(made);
    // In a process with much in it this takes seconds each time.
    for (let time = 0; time < 2; time += 1) {
      await new Promise(setImmediate);
      collect();
    }
    await sleep(1_000);
    expect([...told.keys()].sort()).toEqual(names.sort());
    for (const reason of told.values()) expect(reason).toMatchObject({ name: 'TimeoutError' });
    expect(parent.signal.aborted).toBe(false);
  }, 60_000);

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
