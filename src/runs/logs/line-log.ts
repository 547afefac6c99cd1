import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LineLogPart } from '../../domain/adapter.ts';
import { UpstreamTimeoutError } from '../../domain/errors.ts';
import type { RunRef } from '../../domain/run.ts';
import { deadline } from '../../timing/deadline.ts';
import { unlessAborted } from '../../timing/unless-aborted.ts';
import { instantOf } from '../kept-run.ts';
import type { SharedReads } from '../shared-reads.ts';
import { cutLine, jsonOf, lateMs, type LineState, news, noLines, textOf } from './log-lines.ts';
import type { LogSource, LogStretch } from './log-source.ts';

/** How lines are written down: for people, or as one JSON object each. */
export type LogFormat = 'text' | 'json';

const keepMs = 30 * 24 * 3_600_000;
/** However many read a log, its platform is asked so often, in ms. */
const readEveryMs = 2_000;
/** A whole log may be many pages, in ms. */
const readTimeoutMs = 120_000;
/** How often what another process reads is looked for, in ms. */
const lookEveryMs = 100;
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

/** What stands under the key of a read once the platform has said that there is no log. */
const noLog = 'none';

/** Key: who reads. Arguments: whose read it was, and that there is no log, or '' when it has failed. */
const givenUpScript = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return end
  if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL') end`;

/** What a log that is kept as lines is read with. */
export interface LineLogOptions {
  readonly redis: Redis;
  readonly prefix: string;
  readonly id: string;
  readonly part: LineLogPart;
  readonly run: RunRef;
  /** Reads of this process that are under way: whether there is a log. */
  readonly reads: SharedReads<boolean>;
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
    const { redis, id, reads } = this.#options;
    // Whoever has asked for it may go: it is read for all.
    const reading = reads.get(id, () => this.#catchUp());
    const late = (): Error =>
      new UpstreamTimeoutError('The platform did not give the log in time.');
    const isThere = await unlessAborted(reading, signal, late);
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

  /** Reads what is new, unless somebody has just done so; false without a log. */
  async #catchUp(): Promise<boolean> {
    const { redis } = this.#options;
    const token = randomUUID();
    for (;;) {
      const mayRead = await redis.set(this.#key('read'), token, 'PX', readEveryMs, 'NX');
      if (mayRead !== null) return this.#readAs(token);
      const [state, read] = await redis.mget(this.#key('state'), this.#key('read'));
      if (state !== null) return true;
      if (read === noLog) return false;
      // It is read for the first time elsewhere: until that has ended nobody knows what there is.
      await sleep(lookEveryMs);
    }
  }

  /** Reads what is new; where that brings nothing, who comes next need not take it for a log without lines. */
  async #readAs(token: string): Promise<boolean> {
    const { redis } = this.#options;
    let isThere: boolean | null = null;
    try {
      isThere = await this.#refresh(deadline(readTimeoutMs));
      return isThere;
    } finally {
      if (isThere !== true)
        await redis.eval(givenUpScript, 1, this.#key('read'), token, isThere === null ? '' : noLog);
    }
  }

  /** Writes down what is new; false without a log. */
  async #refresh(signal: AbortSignal): Promise<boolean> {
    const { redis, part, run } = this.#options;
    const [length, kept] = await Promise.all([
      redis.strlen(this.#key('text')),
      redis.get(this.#key('state')),
    ]);
    const state = kept === null ? noLines : (JSON.parse(kept) as LineState);
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
