import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { opened } from './opened.ts';

const never = new AbortController().signal;

describe('what is opened', () => {
  it('has its time until it is open, and any after that', async () => {
    const signal = await opened(5, never, (either) => Promise.resolve(either));
    await sleep(20);
    expect(signal.aborted).toBe(false);
    const late = opened(5, never, async (either) => {
      await once(either, 'abort');
      throw either.reason;
    });
    await expect(late).rejects.toThrow('not opened in time');
  });

  it('is given up with its caller, open or not', async () => {
    const gone = new AbortController();
    const signal = await opened(60_000, gone.signal, (either) => Promise.resolve(either));
    gone.abort();
    expect(signal.aborted).toBe(true);
  });
});
