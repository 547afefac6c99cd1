import type { DueRun } from './due-run.ts';

const second = 1_000;
const minute = 60 * second;
const slowest = minute;
/** How far a pause may lie from its middle, so that runs that started together do not come back together. */
const jitter = 0.2;

/** Up to which age of its attempt a run is looked at how often, in ms. */
const paces: readonly (readonly [age: number, pause: number])[] = [
  [15 * second, 2 * second],
  [5 * minute, 5 * second],
  [60 * minute, 15 * second],
];

/** How long until a run is looked at again, in ms: often at first, then slower; once a minute while it waits for a person. */
export function pauseFor(
  { isWaiting, begunAt }: Pick<DueRun, 'isWaiting' | 'begunAt'>,
  now: number,
  random: () => number = Math.random,
): number {
  const age = now - begunAt;
  const pause = isWaiting ? slowest : (paces.find(([most]) => age < most)?.[1] ?? slowest);
  return Math.round(pause * (1 - jitter + 2 * jitter * random()));
}
