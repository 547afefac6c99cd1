import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LineLogPart } from '../../domain/adapter.ts';
import { UpstreamTimeoutError } from '../../domain/errors.ts';
import type { LogLine, RunRef } from '../../domain/run.ts';
import { deadline } from '../../timing/deadline.ts';
import { unlessAborted } from '../../timing/unless-aborted.ts';
import { instantOf } from '../kept-run.ts';
import type { SharedReads } from '../shared-reads.ts';
import {
  cutLine,
  jsonOf,
  lateMs,
  type LineState,
  news,
  noLines,
  type Occurrences,
  textOf,
} from './log-lines.ts';
import type { LogSource, LogStretch } from './log-source.ts';
import { LogTurns, pageMs } from './log-turns.ts';

/** How lines are written down: for people, or as one JSON object each. */
export type LogFormat = 'text' | 'json';

const keepMs = 30 * 24 * 3_600_000;
/** A whole log may be many pages, in ms. */
const readTimeoutMs = 120_000;
/** How often what another process reads is looked for, in ms. */
const lookEveryMs = 100;
const mostBytes = 16 * 1_024 ** 2;
const pieceBytes = 256 * 1_024;

/**
 * Keys: text, JSON, state, who reads. Arguments: length that the text must have, what is added to both, state or '' where it
 * stays, ms to keep it, ms in which the next page comes. Gives 0 when another process was faster.
 */
const appendScript = `
  if redis.call('STRLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
  if ARGV[2] ~= '' then redis.call('APPEND', KEYS[1], ARGV[2]) redis.call('APPEND', KEYS[2], ARGV[3]) end
  if ARGV[4] ~= '' then redis.call('SET', KEYS[3], ARGV[4]) end
  for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[5]) end
  redis.call('PEXPIRE', KEYS[4], ARGV[6])
  return 1`;

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
  readonly #turns: LogTurns;

  constructor(options: LineLogOptions, format: LogFormat) {
    this.#options = options;
    this.#format = format;
    this.#turns = new LogTurns(options.redis, this.#key('read'));
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

  async kept(): Promise<number | null> {
    const { redis } = this.#options;
    const [whole, size] = await Promise.all([
      redis.exists(this.#key('whole')),
      redis.strlen(this.#key(this.#format)),
    ]);
    return whole === 1 ? size : null;
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
    const token = randomUUID();
    for (;;) {
      const isMine = await this.#turns.take(token);
      const isThere = isMine ? await this.#readAs(token) : await this.#turns.found();
      if (isThere !== null) return isThere;
      // It is read elsewhere: until that has ended nobody knows what there is by now, whatever was read before.
      await sleep(lookEveryMs);
    }
  }

  /** Reads what is new; where that brings nothing, who comes next need not take it for a log without lines. */
  async #readAs(token: string): Promise<boolean | null> {
    const begun = performance.now();
    let isThere: boolean | null = null;
    try {
      isThere = await this.#refresh(deadline(readTimeoutMs));
      return isThere;
    } finally {
      await this.#turns.end(token, isThere, performance.now() - begun);
    }
  }

  /** Writes down what is new, page by page; false without a log, null when another process was faster. */
  async #refresh(signal: AbortSignal): Promise<boolean | null> {
    const { redis, part, run } = this.#options;
    const [size, kept] = await Promise.all([
      redis.strlen(this.#key('text')),
      redis.get(this.#key('state')),
    ]);
    let length = size;
    let state = kept === null ? noLines : (JSON.parse(kept) as LineState);
    let written = kept;
    const after = state.newestAt === null ? null : instantOf(state.newestAt - lateMs);
    const pages = state.isFull ? [] : await part.lines(run, after, signal);
    if (pages === null) return false;
    const occurrences: Occurrences = new Map();
    for await (const lines of pages) {
      const { fresh, next } = news(lines, state, part.isWhole, occurrences);
      const isFull = Buffer.byteLength(fresh.map(textOf).join('')) > mostBytes - length;
      const added = isFull ? [cutLine] : fresh;
      state = { ...next, isFull };
      const text = JSON.stringify(state);
      // The fingerprints of a long log are megabytes, and a follower has it read every two seconds.
      if (!(await this.#append(length, added, text === written ? '' : text))) return null;
      written = text;
      if (isFull) break;
      length += Buffer.byteLength(added.map(textOf).join(''));
    }
    await redis.set(this.#key('whole'), '1', 'PX', keepMs);
    return true;
  }

  /** Adds lines to a text of that length, with the new state or '' where it stays; false when it has another one by now. */
  async #append(length: number, added: readonly LogLine[], state: string): Promise<boolean> {
    const keys = (['text', 'json', 'state', 'read'] as const).map((what) => this.#key(what));
    const written = await this.#options.redis.eval(
      appendScript,
      keys.length,
      ...keys,
      length,
      added.map(textOf).join(''),
      added.map(jsonOf).join(''),
      state,
      keepMs,
      pageMs,
    );
    return written === 1;
  }

  #key(what: LogFormat | 'state' | 'whole' | 'read'): string {
    const { prefix, id } = this.#options;
    return `${prefix}:run:{${id}}:log:${what}`;
  }
}
