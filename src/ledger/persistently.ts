import { setTimeout as sleep } from 'node:timers/promises';

const againMs = 250;

/**
 * What the work gives, tried again until `untilMs` of performance.now(): what was learnt of a write must not be lost
 * because Redis is away for a moment. The work has to be of a kind that can be repeated after it has happened.
 * `closing` ends it before that.
 */
export async function persistently<T>(
  work: () => Promise<T>,
  untilMs: number,
  closing?: AbortSignal,
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (closing?.aborted === true || performance.now() + againMs >= untilMs) throw error;
      await pause(closing);
    }
  }
}

async function pause(closing: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(againMs, undefined, closing === undefined ? {} : { signal: closing });
  } catch (error) {
    // The work is tried once more at once.
    if (closing?.aborted !== true) throw error;
  }
}
