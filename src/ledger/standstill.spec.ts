import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Standstill } from './standstill.ts';

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

/** As if so many ms passed by one of the clocks. */
function pass(clock: { now(): number }, ms: number): void {
  const now = clock.now.bind(clock);
  jest.spyOn(clock, 'now').mockImplementation(() => now() + ms);
}

describe('a standstill', () => {
  it.each([
    ['that a process was stopped for', performance],
    ['that its machine slept for', Date],
  ] as const)('%s is noticed, and not forgotten', (_how, clock) => {
    const standstill = new Standstill();
    expect(standstill.hasHappened()).toBe(false);
    pass(clock, 5_000);
    expect(standstill.hasHappened()).toBe(true);
    expect(standstill.hasHappened()).toBe(true);
    standstill.end();
  });

  it('is one too where it was over before anybody watched', () => {
    const since = { monotonic: performance.now() - 5_000, wall: Date.now() };
    const standstill = new Standstill(since);
    expect(standstill.hasHappened()).toBe(true);
    standstill.end();
  });

  it('is none while its process goes on, however long that takes', () => {
    jest.useFakeTimers();
    const standstill = new Standstill();
    jest.advanceTimersByTime(60_000);
    expect(standstill.hasHappened()).toBe(false);
    standstill.end();
    expect(jest.getTimerCount()).toBe(0);
  });
});
