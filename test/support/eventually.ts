import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 50;

/** Looks again and again until nothing is thrown any more; what was thrown last when that does not happen in time. */
export async function eventually<T>(look: () => Promise<T> | T, withinMs = 15_000): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() >= until) throw error;
      await sleep(pollMs);
    }
  }
}
