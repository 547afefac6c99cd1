import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { get as request, type IncomingMessage } from 'node:http';
import { pino } from 'pino';
import { NotFoundError, UpstreamUnavailableError } from '../../src/domain/errors.ts';
import type { LogLine } from '../../src/domain/run.ts';
import { EventStream } from '../../src/http/event-stream.ts';
import { atOnce } from '../../src/platforms/at-once.ts';
import { LineLog } from '../../src/runs/logs/line-log.ts';
import { answerOf, contentRangeOf, type LogAnswer } from '../../src/runs/logs/log-answer.ts';
import { hasNothingFrom, reachOf } from '../../src/runs/logs/log-reach.ts';
import { settledAfterMs } from '../../src/runs/logs/log-tail.ts';
import { LogTails } from '../../src/runs/logs/log-tails.ts';
import { SharedReads } from '../../src/runs/shared-reads.ts';
import { eventually } from '../support/eventually.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('stand-in');
afterAll(() => redis.close());

const never = new AbortController().signal;
const written: readonly LogLine[] = [{ at: null, level: 'info', message: 'Begun' }];
const text = 'INFO Begun\n';
const more: readonly LogLine[] = [...written, { at: null, level: 'info', message: 'Ended' }];
const moreText = `${text}INFO Ended\n`;
/** Far longer than any answer of these platforms takes, and than a test may. */
const forever = 600_000;

type Pages = AsyncIterable<readonly LogLine[]>;

let prefix: string;
let test = 0;
beforeEach(() => {
  prefix = `${redis.prefix}${(test += 1)}`;
});

/** The log of a platform, as a process of its own reads it. */
function logOf(lines: () => Promise<Pages | null>): LineLog {
  const part = { kind: 'lines' as const, isWhole: false, lines };
  const run = { nativeId: '1', process: null, createdAt: '2026-11-21T05:06:07.089Z' };
  const reads = new SharedReads<boolean>(0);
  return new LineLog({ redis: redis.client, prefix, id: 'erp:1', part, run, reads }, 'text');
}

const answers = (): Promise<Pages> => Promise.resolve(atOnce(written));
const goesOn = (): Promise<Pages> => Promise.resolve(atOnce(more));
const hangs = (): Promise<never> => new Promise(() => undefined);
const fails = (): Promise<never> => Promise.reject(new UpstreamUnavailableError('It is away.'));

/** A log that was read to its end, some time ago. */
async function keep(): Promise<void> {
  await logOf(answers).size(never);
  await endTurn();
}

/** As if what was read were long ago, and whoever reads it now were gone. */
async function endTurn(): Promise<void> {
  await redis.client.del(`${prefix}:run:{erp:1}:log:read`);
}

/** Follows a log from its beginning on, as callers do; gives what they are told. */
class Followers {
  readonly told: string[] = [];
  readonly #app = fastify();
  readonly #open: IncomingMessage[] = [];
  readonly #url: Promise<string>;

  constructor(source: LineLog) {
    const tails = new LogTails(pino({ level: 'silent' }));
    this.#app.get('/', (_request, reply) => {
      const endedForMs = (): Promise<number> => Promise.resolve(settledAfterMs + 1);
      tails.follow({ key: 'log', source, endedForMs }, new EventStream(reply, null), 0);
    });
    this.#url = this.#app.listen({ port: 0, host: '127.0.0.1' });
  }

  /** Comes as the next follower, and waits until they are told so much. */
  async follow(what: string): Promise<void> {
    const who = this.told.push('') - 1;
    request(await this.#url, { agent: false }, (answer) => {
      this.#open.push(answer);
      answer
        .on('error', () => undefined)
        .on('data', (each) => {
          this.told[who] = (this.told[who] ?? '') + String(each);
        });
    });
    await this.until(who, what);
  }

  async until(who: number, what: string): Promise<void> {
    await eventually(() => {
      expect(this.told[who]).toContain(what);
    });
  }

  async close(): Promise<void> {
    for (const each of this.#open) each.destroy();
    await this.#app.close();
  }
}

describe('a log that was read before', () => {
  beforeEach(keep);

  it.each([
    ['hangs', hangs, 10],
    ['fails', fails, forever],
  ])('is told as far as it is kept while its platform %s', async (_how, lines, patienceMs) => {
    const reach = await reachOf(logOf(lines), never, patienceMs);
    expect(reach).toEqual({ size: text.length, isStale: true });
  });

  it('is as long as its platform says while that answers', async () => {
    const reach = await reachOf(logOf(answers), never, forever);
    expect(reach).toMatchObject({ isStale: false });
  });

  it('does not stand in for what its platform refuses', async () => {
    const gone = (): Promise<never> => Promise.reject(new NotFoundError('It is gone.'));
    await expect(reachOf(logOf(gone), never, forever)).rejects.toThrow('gone');
  });

  it('is told to its followers at once while its platform hangs', async () => {
    const followers = new Followers(logOf(hangs));
    await followers.follow('INFO Begun');
    // One that comes while the platform is being asked for the first has not to wait for that either.
    await followers.follow('INFO Begun');
    expect(followers.told.join('')).not.toContain('event: end');
    await followers.close();
  }, 20_000);

  it.each([
    ['hangs', hangs, 10],
    ['fails', fails, forever],
  ])('is not said to be all while its platform %s', async (_how, lines, patienceMs) => {
    expect(await hasNothingFrom(text.length, logOf(lines), never, patienceMs)).toBe(false);
    await endTurn();
    expect(await hasNothingFrom(text.length, logOf(answers), never, forever)).toBe(true);
  });

  it('is given in parts, without saying of how much', async () => {
    const { reach, stretch } = await asked(fails, { range: 'bytes=2-5' });
    expect(stretch).toEqual({ start: 2, end: 6 });
    expect(contentRangeOf({ start: 2, end: 6 }, reach)).toBe('bytes 2-5/*');
    const known = await asked(answers, { range: 'bytes=2-5' });
    expect(contentRangeOf({ start: 2, end: 6 }, known.reach)).toBe(`bytes 2-5/${text.length}`);
  });

  it.each([
    ['what may lie behind it', { range: `bytes=${text.length}-` }],
    ['all that its platform has', { 'cache-control': 'no-cache' }],
    ['what is no older than now', { 'cache-control': 'max-age=0' }],
  ])('does not stand in where somebody asks for %s', async (_what, headers) => {
    await expect(asked(fails, headers)).rejects.toThrow('away');
    expect((await asked(goesOn, headers)).reach).toEqual({ size: moreText.length, isStale: false });
  });
});

async function asked(
  lines: () => Promise<Pages>,
  headers: Readonly<Record<string, string>>,
): Promise<LogAnswer> {
  const answer = await answerOf(logOf(lines), headers, never);
  if (answer === null) throw new Error('there is no log');
  return answer;
}

describe('a log that another process reads, and gets nothing', () => {
  beforeEach(async () => {
    await keep();
    // One that is held up for as long as this takes.
    await redis.client.set(`${prefix}:run:{erp:1}:log:read`, 'another', 'PX', forever);
  });

  it('is known as far as it is kept, until it is read anew', async () => {
    const kept = { size: text.length, isStale: true };
    expect(await reachOf(logOf(goesOn), never, 10)).toEqual(kept);
    const read = reachOf(logOf(goesOn), never, forever);
    await endTurn();
    expect(await read).toEqual({ size: moreText.length, isStale: false });
  });

  it('does not end for its followers before they have all of it', async () => {
    const followers = new Followers(logOf(goesOn));
    await followers.follow('INFO Begun');
    await endTurn();
    await followers.until(0, 'event: end');
    expect(followers.told[0]).toContain('INFO Ended');
    await followers.close();
  }, 30_000);
});

describe('a log that was never read to its end', () => {
  it('is what its platform says, however long that takes', async () => {
    await expect(reachOf(logOf(fails), never, forever)).rejects.toThrow('away');
    expect(await reachOf(logOf(answers), never, 0)).toEqual({ size: text.length, isStale: false });
  });
});
