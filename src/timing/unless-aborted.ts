import { setMaxListeners } from 'node:events';

/**
 * What the promise gives; when the signal fires first, rejects with what `toError` makes, but not before what is under
 * way had the chance to end in its own words. The promise itself goes on.
 */
export async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  toError: () => Error,
): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    const giveUp = (): void => {
      setImmediate(() => {
        reject(toError());
      });
    };
    if (signal.aborted) giveUp();
    else {
      // However many calls one caller makes, each listens.
      setMaxListeners(0, signal);
      signal.addEventListener('abort', giveUp, { once: true });
    }
    stop = () => {
      signal.removeEventListener('abort', giveUp);
    };
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}
