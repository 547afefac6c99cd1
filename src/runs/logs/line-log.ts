import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { LineLogPart } from '../../domain/adapter.ts';
import type { Instant } from '../../domain/instant.ts';
import type { LogLine, RunRef } from '../../domain/run.ts';
import { instantOf } from '../kept-run.ts';
import type { LogSource, LogStretch } from './log-source.ts';

/** How lines are written down: for people, or as one JSON object each. */
export type LogFormat = 'text' | 'json';

const keepMs = 30 * 24 * 3_600_000;
/** Lines are looked for again in so many ms before the newest one: platforms write them down late. */
const lateMs = 60_000;
/** However many read a log, its platform is asked so often, in ms. */
const readEveryMs = 2_000;
const mostBytes = 16 * 1_024 ** 2;
const pieceBytes = 256 * 1_024;

/**
 * Keys: text, JSON, state. Arguments: length that the text must have, what is added to both, state, ms to keep it. Gives
 * 0 when another process was faster.
 */
const appendScript = `
  if redis.call('STRLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
  if ARGV[2] ~= '' then redis.call('APPEND', KEYS[1], ARGV[2]) redis.call('APPEND', KEYS[2], ARGV[3]) end
  redis.call('SET', KEYS[3], ARGV[4])
  for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[5]) end
  return 1`;

/** What is known of the lines that are kept. */
interface State {
  /** Of the newest line, in ms since 1970. */
  readonly newestAt: number | null;
  /** Fingerprints of the lines that may come again. */
  readonly recent: readonly (readonly [print: string, at: number | null])[];
  /** Whether nothing more is kept, because it grew too long. */
  readonly isFull: boolean;
}

const empty: State = { newestAt: null, recent: [], isFull: false };

/** What a log that is kept as lines is read with. */
export interface LineLogOptions {
  readonly redis: Redis;
  readonly prefix: string;
  readonly id: string;
  readonly part: LineLogPart;
  readonly run: RunRef;
}

/**
 * A log that its platform keeps as lines: written down here as they come, so that offsets stay. Late lines go to the end.
 */
export class LineLog implements LogSource {
  readonly #options: LineLogOptions;
  readonly #format: LogFormat;

  constructor(options: LineLogOptions, format: LogFormat) {
    this.#options = options;
    this.#format = format;
  }

  async size(signal: AbortSignal): Promise<number | null> {
    const { redis } = this.#options;
    const mayRead = await redis.set(this.#key('read'), '1', 'PX', readEveryMs, 'NX');
    const isThere = mayRead === null || (await this.#refresh(signal));
    const size = await redis.strlen(this.#key(this.#format));
    return isThere || size > 0 ? size : null;
  }

  async *read({ start, end }: LogStretch): AsyncIterable<Uint8Array> {
    const { redis } = this.#options;
    for (let at = start; at < end; at += pieceBytes) {
      const last = Math.min(at + pieceBytes, end) - 1;
      yield await redis.getrangeBuffer(this.#key(this.#format), at, last);
    }
  }

  /** Writes down what is new; false without a log. */
  async #refresh(signal: AbortSignal): Promise<boolean> {
    const { redis, part, run } = this.#options;
    const [length, kept] = await Promise.all([
      redis.strlen(this.#key('text')),
      redis.get(this.#key('state')),
    ]);
    const state = kept === null ? empty : (JSON.parse(kept) as State);
    if (state.isFull) return true;
    const after = state.newestAt === null ? null : instantOf(state.newestAt - lateMs);
    const lines = await part.lines(run, after, signal);
    if (lines === null) return false;
    const { fresh, next } = news(lines, state, part.isWhole);
    const room = mostBytes - length;
    const text = fresh.map(textOf).join('');
    const isFull = Buffer.byteLength(text) > room;
    const added = isFull ? [cutLine] : fresh;
    await redis.eval(
      appendScript,
      3,
      this.#key('text'),
      this.#key('json'),
      this.#key('state'),
      length,
      added.map(textOf).join(''),
      added.map(jsonOf).join(''),
      JSON.stringify({ ...next, isFull }),
      keepMs,
    );
    return true;
  }

  #key(what: LogFormat | 'state' | 'read'): string {
    const { prefix, id } = this.#options;
    return `${prefix}:run:{${id}}:log:${what}`;
  }
}

const cutLine: LogLine = {
  at: null,
  level: null,
  message: 'The log goes on, but is too long to be kept here: its platform has the rest.',
};

/** The lines that are not kept yet, in their order. Equal lines of one moment count as often as they occur. */
function news(
  lines: readonly LogLine[],
  { recent, newestAt }: State,
  isWhole: boolean,
): { fresh: LogLine[]; next: State } {
  const known = new Set(recent.map(([print]) => print));
  const seen = new Map<string, number>();
  const prints: [string, number | null][] = [];
  const fresh: LogLine[] = [];
  for (const line of lines) {
    const base = JSON.stringify([line.at, line.level, line.message]);
    const nth = (seen.get(base) ?? 0) + 1;
    seen.set(base, nth);
    const print = createHash('sha256').update(`${nth} ${base}`).digest('base64url').slice(0, 16);
    prints.push([print, msOf(line.at)]);
    if (!known.has(print)) fresh.push(line);
  }
  const times = lines.flatMap(({ at }) => msOf(at) ?? []);
  const newest = times.reduce((latest, at) => Math.max(latest, at), newestAt ?? 0);
  const kept = new Map([...recent, ...prints].map(([print, at]) => [print, at]));
  const mayComeAgain = [...kept].filter(
    ([, at]) => isWhole || at === null || newest === 0 || at >= newest - lateMs,
  );
  return {
    fresh,
    next: { newestAt: newest === 0 ? null : newest, recent: mayComeAgain, isFull: false },
  };
}

function msOf(at: Instant | null): number | null {
  return at === null ? null : Date.parse(at);
}

/** `2026-11-21T05:06:07.089Z INFO message`; a message of several lines is indented. */
function textOf({ at, level, message }: LogLine): string {
  const head = [at, level?.toUpperCase()].filter((each) => each !== null && each !== undefined);
  return `${[...head, message.replaceAll(/\r?\n|\r/g, '\n    ')].join(' ')}\n`;
}

function jsonOf(line: LogLine): string {
  return `${JSON.stringify(line)}\n`;
}
