import { expect, jest, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '../domain/errors.ts';
import { Watched } from './watched.ts';

const watch = { silenceMs: 100, why: (error: unknown) => (error as Error).name };

/** A body that brings pieces when it is told to. */
function body(): Readable {
  return new Readable({ read: () => undefined });
}

test('what comes is passed on, piece by piece', async () => {
  const source = body();
  const read = buffer(new Watched(source, watch));
  for (let at = 0; at < 5; at += 1) {
    source.push(Buffer.alloc(100_000, at));
    await sleep(40);
  }
  source.push(null);
  const whole = await read;
  expect([whole.length, whole[0], whole.at(-1)]).toEqual([500_000, 0, 4]);
});

test('nothing more than fits is taken while nobody reads, however long, and that is no silence', async () => {
  let sent = 0;
  const source = new Readable({
    read() {
      sent += 65_536;
      this.push(sent > 6_000_000 ? null : Buffer.alloc(65_536));
    },
  });
  const watched = new Watched(source, watch);
  const chunks = watched[Symbol.asyncIterator]();
  await chunks.next();
  await sleep(300);
  expect(sent).toBeLessThan(1_000_000);
  let read = 65_536;
  for await (const chunk of watched as AsyncIterable<Buffer>) read += chunk.length;
  expect(read).toBe(91 * 65_536);
});

test('silence ends it, while somebody wants more', async () => {
  const source = body();
  const read = buffer(new Watched(source, watch));
  source.push('a');
  const error: unknown = await read.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StoreUnavailableError);
  expect(String(error)).toContain('Reading a stored file broke off (TimeoutError).');
  // What was read before may have been sent.
  expect(error).toHaveProperty('details', {});
  expect(source.destroyed).toBe(true);
});

test('what fails is told in its words, and what ends too early too', async () => {
  const [failing, ending] = [body(), body()];
  const reads = [failing, ending].map((each) => buffer(new Watched(each, watch)));
  failing.destroy(new RangeError('no'));
  ending.destroy();
  await expect(reads[0]).rejects.toThrow('broke off (RangeError)');
  await expect(reads[1]).rejects.toThrow('broke off (Error)');
});

test.each([true, false])('who lets go of it lets go of its body (begun: %s)', async (isBegun) => {
  const source = body();
  const watched = new Watched(source, watch);
  const failed = jest.fn();
  watched.on('error', failed);
  if (isBegun) watched.resume();
  await new Promise((resolve) => watched.once('close', resolve).destroy());
  expect(source.destroyed).toBe(true);
  await sleep(150);
  expect(failed).not.toHaveBeenCalled();
});
