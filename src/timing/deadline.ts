import { setMaxListeners } from 'node:events';

/** Timers of Node fire at once beyond this (2^31 - 1 ms, 24.8 days). */
const longestTimerMs = 2 ** 31 - 1;

const deadlines = new WeakMap<AbortSignal, number>();

/**
 * A signal that fires after `ms`, a part of one counting as a whole, or after the longest time that a timer can wait; also
 * where nothing but what `AbortSignal.any` made of it is still held.
 */
export function timeout(ms: number): AbortSignal {
  const signal = AbortSignal.timeout(Math.min(Math.ceil(ms), longestTimerMs));
  // Node forgets one that nobody listens to, and with it whatever waits for it by way of `AbortSignal.any`.
  signal.addEventListener('abort', holdOn, { once: true });
  return signal;
}

function holdOn(): void {
  // That it listens is enough.
}

/** A signal that fires after `ms`, or with `parent` if that comes first, and knows its own deadline. */
export function deadline(ms: number, parent?: AbortSignal): AbortSignal {
  const own = timeout(ms);
  const signal = parent === undefined ? own : AbortSignal.any([own, parent]);
  const inherited = parent === undefined ? undefined : deadlines.get(parent);
  // Every request of a walk listens to the signal of the walk.
  setMaxListeners(0, signal);
  deadlines.set(signal, Math.min(Date.now() + ms, inherited ?? Number.POSITIVE_INFINITY));
  return signal;
}

/** How long a signal made by `deadline` has still to go, in ms; infinite for any other. */
export function remainingMs(signal: AbortSignal): number {
  if (signal.aborted) return 0;
  const at = deadlines.get(signal);
  return at === undefined ? Number.POSITIVE_INFINITY : Math.max(at - Date.now(), 0);
}
