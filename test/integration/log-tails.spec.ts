import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { get as request, type IncomingMessage } from 'node:http';
import { pino } from 'pino';
import { EventStream } from '../../src/http/event-stream.ts';
import { UpstreamAuthFailedError, UpstreamUnavailableError } from '../../src/domain/errors.ts';
import type { LogSource } from '../../src/runs/logs/log-source.ts';
import { LogTails } from '../../src/runs/logs/log-tails.ts';
import { eventually } from '../support/eventually.ts';

const log = pino({ level: 'silent' });
const size = 32 * 1_024 ** 2;
const pieceSize = 64 * 1_024;
const tilde = 0x7e;
const piece = Buffer.alloc(pieceSize, tilde);

/** A long log, and how often and how far it was read. */
class CountedLog implements LogSource {
  pieces = 0;
  reads = 0;
  /** How often its length was asked for. */
  looks = 0;
  /** How often that is said before it fails. */
  givenUntil = Number.POSITIVE_INFINITY;
  failure: Error = new UpstreamAuthFailedError('Not this one.');
  /** Reads that go on. */
  open = 0;

  size(): Promise<number> {
    this.looks += 1;
    if (this.looks > this.givenUntil) return Promise.reject(this.failure);
    return Promise.resolve(size);
  }

  async *read({ start, end }: { start: number; end: number }): AsyncGenerator<Uint8Array> {
    this.reads += 1;
    this.open += 1;
    try {
      for (let at = start; at < end; at += pieceSize) {
        await new Promise(setImmediate);
        this.pieces += 1;
        yield piece.subarray(0, Math.min(pieceSize, end - at));
      }
    } finally {
      this.open -= 1;
    }
  }
}

let app: FastifyInstance;
let source: CountedLog;
let url: string;

let tails: LogTails;

async function serve(served: LogTails, endedMs: number | null = 0, from = 0): Promise<void> {
  tails = served;
  source = new CountedLog();
  app = fastify();
  app.get('/', (_request, reply) => {
    const followed = { key: 'log', source, endedForMs: () => Promise.resolve(endedMs) };
    tails.follow(followed, new EventStream(reply, null), from);
  });
  url = await app.listen({ port: 0, host: '127.0.0.1' });
}

async function follow(): Promise<IncomingMessage> {
  const asked = request(url, { agent: false });
  asked.on('error', () => undefined);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  return answer;
}

/** How much text has come, and whether the end was told. */
async function whole(answer: IncomingMessage): Promise<{ text: number; isEnded: boolean }> {
  const all: Buffer[] = [];
  for await (const each of answer as AsyncIterable<Buffer>) all.push(each);
  const events = Buffer.concat(all);
  let text = 0;
  for (const byte of events) if (byte === tilde) text += 1;
  return { text, isEnded: events.includes('event: end') };
}

describe('a follower', () => {
  beforeEach(() => serve(new LogTails(log, { together: 200, still: 30_000 })));
  afterEach(() => app.close());

  it('who reads later gets everything, and is not read ahead of', async () => {
    const answer = await follow();
    let before = 0;
    await eventually(() => {
      const now = source.pieces;
      const stands = now > 0 && now === before;
      before = now;
      expect(stands).toBe(true);
    });
    expect(source.pieces * pieceSize).toBeLessThan(size / 2);
    expect(await whole(answer)).toEqual({ text: size, isEnded: true });
    expect(source.reads).toBe(1);
  }, 60_000);

  it('who stands still does not hold up the others, and gets everything later', async () => {
    const still = await follow();
    const others = await Promise.all([follow(), follow()]);
    expect(await Promise.all(others.map(whole))).toEqual([
      { text: size, isEnded: true },
      { text: size, isEnded: true },
    ]);
    expect(await whole(still)).toEqual({ text: size, isEnded: true });
  }, 60_000);

  it('who hangs up is not read for any more', async () => {
    const answer = await follow();
    await eventually(() => {
      expect(source.pieces).toBeGreaterThan(0);
    });
    answer.destroy();
    await eventually(() => {
      expect(source.open).toBe(0);
    });
    expect(source.pieces * pieceSize).toBeLessThan(size);
  });
});

describe('a follower of a log that its platform', () => {
  beforeEach(() => serve(new LogTails(log), null));
  afterEach(() => app.close());

  it('refuses is cut off, to be told so when it comes back', async () => {
    source.givenUntil = 0;
    await expect(whole(await follow())).rejects.toThrow('aborted');
    await eventually(() => {
      expect(tails.isFollowed('log')).toBe(false);
    });
  });

  it('cannot give now waits for it', async () => {
    source.givenUntil = 0;
    source.failure = new UpstreamUnavailableError('It is away.');
    const answer = await follow();
    await eventually(() => {
      expect(source.looks).toBeGreaterThan(4);
    });
    expect(answer.destroyed).toBe(false);
    answer.destroy();
  });
});

describe('a follower who takes nothing at all', () => {
  beforeEach(() => serve(new LogTails(log, { together: 200, still: 500 })));
  afterEach(() => app.close());

  it('is cut off, and nothing is read any more', async () => {
    const answer = await follow();
    await eventually(() => {
      expect([source.reads, source.open]).toEqual([1, 0]);
    });
    expect(source.pieces * pieceSize).toBeLessThan(size);
    await expect(whole(answer)).rejects.toThrow();
  });
});

describe('a follower of a log whose run ended long ago', () => {
  beforeEach(() => serve(new LogTails(log), 24 * 3_600_000));
  afterEach(() => app.close());

  it('is told everything and the end by one look', async () => {
    expect(await whole(await follow())).toEqual({ text: size, isEnded: true });
    expect(source.looks).toBe(1);
  });
});

describe('a follower who asks for what lies behind the end of a log', () => {
  beforeEach(() => serve(new LogTails(log), 24 * 3_600_000, size + 5));
  afterEach(() => app.close());

  it('is told where the end is', async () => {
    const answer = await follow();
    const all: Buffer[] = [];
    for await (const each of answer as AsyncIterable<Buffer>) all.push(each);
    const told = Buffer.concat(all).toString();
    expect(told).toContain(`id: ${size}e\nevent: end\ndata: {"size":${size}}`);
    expect(told).not.toContain('event: log');
  });
});
