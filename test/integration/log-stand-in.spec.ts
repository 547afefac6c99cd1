import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { get as request, type IncomingMessage } from 'node:http';
import { pino } from 'pino';
import { NotFoundError, UpstreamUnavailableError } from '../../src/domain/errors.ts';
import type { LogLine } from '../../src/domain/run.ts';
import { EventStream } from '../../src/http/event-stream.ts';
import { atOnce } from '../../src/platforms/at-once.ts';
import { LineLog } from '../../src/runs/logs/line-log.ts';
import { reachOf } from '../../src/runs/logs/log-reach.ts';
import { LogTails } from '../../src/runs/logs/log-tails.ts';
import { SharedReads } from '../../src/runs/shared-reads.ts';
import { eventually } from '../support/eventually.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('stand-in');
afterAll(() => redis.close());

const never = new AbortController().signal;
const written: readonly LogLine[] = [{ at: null, level: 'info', message: 'Begun' }];
const text = 'INFO Begun\n';
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
const hangs = (): Promise<never> => new Promise(() => undefined);
const fails = (): Promise<never> => Promise.reject(new UpstreamUnavailableError('It is away.'));

/** A log that was read to its end, some time ago. */
async function keep(): Promise<void> {
  await logOf(answers).size(never);
  await redis.client.del(`${prefix}:run:{erp:1}:log:read`);
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
    const app = fastify();
    app.get('/', (_request, reply) => {
      const endedForMs = (): Promise<number> => Promise.resolve(0);
      const followed = { key: 'log', source: logOf(hangs), endedForMs };
      tails.follow(followed, new EventStream(reply, null), 0);
    });
    const tails = new LogTails(pino({ level: 'silent' }));
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const told: [string, string] = ['', ''];
    const open: IncomingMessage[] = [];
    const follow = (who: 0 | 1): void => {
      request(url, { agent: false }, (answer) => {
        open.push(answer);
        answer.on('error', () => undefined).on('data', (each) => (told[who] += String(each)));
      });
    };
    follow(0);
    await eventually(() => {
      expect(told[0]).toContain('INFO Begun');
    });
    // One that comes while the platform is being asked for the first has not to wait for that either.
    follow(1);
    await eventually(() => {
      expect(told[1]).toContain('INFO Begun');
    });
    expect(told.join('')).not.toContain('event: end');
    for (const each of open) each.destroy();
    await app.close();
  }, 20_000);
});

describe('a log that was never read to its end', () => {
  it('is what its platform says, however long that takes', async () => {
    await expect(reachOf(logOf(fails), never, forever)).rejects.toThrow('away');
    expect(await reachOf(logOf(answers), never, 0)).toEqual({ size: text.length, isStale: false });
  });
});
