import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { UpstreamUnavailableError } from '../../src/domain/errors.ts';
import type { LogLine } from '../../src/domain/run.ts';
import { LineLog } from '../../src/runs/logs/line-log.ts';
import { atOnce } from '../../src/platforms/at-once.ts';
import { SharedReads } from '../../src/runs/shared-reads.ts';
import { eventually } from '../support/eventually.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('logs');
afterAll(() => redis.close());

const line: LogLine = { at: null, level: 'info', message: 'Begun' };
const text = Buffer.byteLength('INFO Begun\n');
const never = new AbortController().signal;

type Pages = AsyncIterable<readonly LogLine[]>;
type Answer = readonly LogLine[] | Pages | null | Error;

/** A platform that answers when it is told to. */
class HeldPlatform {
  asked = 0;
  #waiting: ((answer: Answer) => void)[] = [];

  readonly lines = (): Promise<Pages | null> => {
    this.asked += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.push((answer) => {
        if (answer instanceof Error) reject(answer);
        else
          resolve(
            Array.isArray(answer) ? atOnce(answer as readonly LogLine[]) : (answer as Pages | null),
          );
      });
    });
  };

  /** Answers who asks, as soon as somebody does. */
  async answer(answer: Answer): Promise<void> {
    await eventually(() => {
      expect(this.#waiting.length).toBeGreaterThan(0);
    });
    for (const each of this.#waiting.splice(0)) each(answer);
  }
}

let platform: HeldPlatform;
let prefix: string;
let test = 0;

beforeEach(() => {
  platform = new HeldPlatform();
  prefix = `${redis.prefix}${(test += 1)}`;
});

/** The log as a process of its own reads it. */
function elsewhere(reads = new SharedReads<boolean>(0)): LineLog {
  const part = { kind: 'lines' as const, isWhole: false, lines: platform.lines };
  const run = { nativeId: '1', process: null, createdAt: '2026-11-21T05:06:07.089Z' };
  return new LineLog({ redis: redis.client, prefix, id: 'erp:1', part, run, reads }, 'text');
}

function failure(): Error {
  return new UpstreamUnavailableError('It is away.');
}

describe.each([
  ['one process', (): LineLog[] => readersOf(new SharedReads<boolean>(0))],
  ['several processes', (): LineLog[] => readersOf()],
])('a log that is read by %s at once', (_who, readers) => {
  it('is the same for all, and asked for once', async () => {
    const sizes = Promise.all(readers().map((reader) => reader.size(never)));
    await turn();
    await platform.answer([line]);
    expect(await sizes).toEqual([text, text, text]);
    expect(platform.asked).toBe(1);
  });

  it('is none for all, and asked for once', async () => {
    const sizes = Promise.all(readers().map((reader) => reader.size(never)));
    await platform.answer(null);
    expect(await sizes).toEqual([null, null, null]);
    expect(await elsewhere().size(never)).toBeNull();
    expect(platform.asked).toBe(1);
  });
});

function readersOf(reads?: SharedReads<boolean>): LineLog[] {
  return Array.from({ length: 3 }, () => elsewhere(reads));
}

describe('a log that was read before', () => {
  it('is read on by one for all, and who asks meanwhile waits for what that brings', async () => {
    const first = elsewhere().size(never);
    await platform.answer([line]);
    expect(await first).toBe(text);
    await redis.client.del(`${prefix}:run:{erp:1}:log:read`);
    const sizes = Promise.all(readersOf().map((reader) => reader.size(never)));
    await platform.answer([line, line]);
    expect(await sizes).toEqual([2 * text, 2 * text, 2 * text]);
    expect(platform.asked).toBe(2);
  });
});

describe('a log that could not be read', () => {
  it('fails for all who waited, and is read again by who comes next', async () => {
    const reads = new SharedReads<boolean>(0);
    const failed = Promise.allSettled(readersOf(reads).map((reader) => reader.size(never)));
    await platform.answer(failure());
    expect((await failed).map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
    const next = elsewhere().size(never);
    await platform.answer([line]);
    expect(await next).toBe(text);
  });

  it('is read by another process that has waited for it', async () => {
    const failed = elsewhere().size(never);
    const refused = expect(failed).rejects.toThrow('away');
    await eventually(() => {
      expect(platform.asked).toBe(1);
    });
    const other = elsewhere().size(never);
    await platform.answer(failure());
    await refused;
    await platform.answer([line]);
    expect(await other).toBe(text);
  });

  it('is still read for the others when who asked for it first is gone', async () => {
    const reads = new SharedReads<boolean>(0);
    const gone = new AbortController();
    const first = elsewhere(reads).size(gone.signal);
    const refused = expect(first).rejects.toThrow();
    const second = elsewhere(reads).size(never);
    gone.abort();
    await refused;
    await platform.answer([line]);
    expect(await second).toBe(text);
    expect(platform.asked).toBe(1);
  });
});

describe('a log that its platform gives whole each time', () => {
  it('is written down only where something is new', async () => {
    const part = { kind: 'lines' as const, isWhole: true, lines: platform.lines };
    const run = { nativeId: '1', process: null, createdAt: '2026-11-21T05:06:07.089Z' };
    const state = `${prefix}:run:{erp:1}:log:state`;
    /** How many bytes one reading has sent to Redis. */
    const written = async (): Promise<number> => {
      const own = redis.client.duplicate();
      const reads = new SharedReads<boolean>(0);
      const log = new LineLog({ redis: own, prefix, id: 'erp:1', part, run, reads }, 'text');
      await redis.client.del(`${prefix}:run:{erp:1}:log:read`);
      const size = log.size(never);
      await platform.answer(
        Array.from({ length: 1_000 }, (_, at) => ({ ...line, at: null, message: `${at}` })),
      );
      await size;
      const { bytesWritten } = own.stream;
      await own.quit();
      return bytesWritten;
    };
    await written();
    const length = await redis.client.strlen(state);
    expect(length).toBeGreaterThan(10_000);
    expect(await written()).toBeLessThan(length);
    expect(await redis.client.strlen(state)).toBe(length);
  });
});

describe('a long log', () => {
  const at = (second: number): string =>
    new Date(Date.UTC(2026, 10, 21, 5, 0, second)).toISOString();
  const written = (seconds: readonly number[]): LogLine[] =>
    seconds.map((second) => ({ ...line, at: at(second) }));
  const each = Buffer.byteLength(`${at(0)} INFO Begun\n`);

  it('keeps what was read of it before its platform went away, and goes on there', async () => {
    const failed = expect(elsewhere().size(never)).rejects.toThrow('away');
    await platform.answer(
      (async function* () {
        yield written([1, 2]);
        yield written([2, 3]);
        await Promise.resolve();
        throw failure();
      })(),
    );
    await failed;
    const whole = elsewhere().size(never);
    await platform.answer(written([1, 2, 2, 3, 4]));
    expect(await whole).toBe(5 * each);
  });

  it('is none for others before it is whole', async () => {
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const sizes = [elsewhere(), elsewhere()].map((reader) => reader.size(never));
    let isSettled = false;
    void Promise.race(sizes).then(() => (isSettled = true));
    await platform.answer(
      (async function* () {
        yield written([1]);
        await held;
        yield written([2]);
      })(),
    );
    await eventually(async () => {
      expect(await redis.client.strlen(`${prefix}:run:{erp:1}:log:text`)).toBe(each);
    });
    expect(isSettled).toBe(false);
    goOn();
    expect(await Promise.all(sizes)).toEqual([2 * each, 2 * each]);
    expect(platform.asked).toBe(1);
  });

  it('is read no further than it is kept', async () => {
    let pages = 0;
    const long = '~'.repeat(1_024 ** 2);
    const size = elsewhere().size(never);
    await platform.answer(
      (async function* () {
        for (; pages < 40; pages += 1) {
          await Promise.resolve();
          yield [{ at: at(pages), level: null, message: `${long}${pages}` }];
        }
      })(),
    );
    expect(await size).toBeLessThan(17 * 1_024 ** 2);
    expect(pages).toBeLessThan(20);
  });
});
