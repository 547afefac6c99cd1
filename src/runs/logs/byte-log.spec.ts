import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ByteLogPart } from '../../domain/adapter.ts';
import { ByteLog } from './byte-log.ts';

const text = Buffer.from('Started\nEnded\n');
const never = new AbortController().signal;
const patienceMs = 50;

/** Fails once the signal fires, as an adapter does. */
function hanging(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

/** A platform that gives the first bytes of a log, and then nothing. */
function stalling(given: number): ByteLogPart {
  async function* content(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    if (given > 0) yield text.subarray(0, given);
    await hanging(signal);
  }
  return {
    kind: 'bytes',
    read: (_id, start, _end, signal) =>
      Promise.resolve({ content: content(signal), start, end: text.length, size: text.length }),
  };
}

const silent: ByteLogPart = {
  kind: 'bytes',
  read: (_id, _start, _end, signal) => hanging(signal),
};

/** Gives each byte for itself. */
const fine: ByteLogPart = {
  kind: 'bytes',
  read: (_id, start, _end, signal) => {
    async function* content(): AsyncGenerator<Uint8Array> {
      for (let at = start; at < text.length; at += 1) {
        await Promise.resolve();
        signal.throwIfAborted();
        yield text.subarray(at, at + 1);
      }
    }
    return Promise.resolve({ content: content(), start, end: text.length, size: text.length });
  },
};

async function read(part: ByteLogPart, pauseMs = 0): Promise<string> {
  const pieces: Uint8Array[] = [];
  const stretch = { start: 0, end: text.length };
  for await (const piece of new ByteLog(part, '1', patienceMs).read(stretch, never)) {
    pieces.push(piece);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  return Buffer.concat(pieces).toString();
}

describe('a log of bytes', () => {
  it.each([
    ['nothing at all', silent],
    ['the head of an answer alone', stalling(0)],
  ])('whose platform gives %s is given up', async (_name, part) => {
    await expect(new ByteLog(part, '1', patienceMs).size(never)).rejects.toThrow(/time/);
    await expect(read(part)).rejects.toThrow(/time/);
  });

  it('is given up where its platform stops in the middle', async () => {
    await expect(read(stalling(5))).rejects.toThrow(/time/);
  });

  it('waits for who reads it slowly', async () => {
    expect(await read(fine, patienceMs * 1.2)).toBe(text.toString());
  });
});
