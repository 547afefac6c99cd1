import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../telemetry/log.ts';
import { deadline } from '../../timing/deadline.ts';
import { encodeEvent, type EventStream } from '../../http/event-stream.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { LogSource } from './log-source.ts';

const lookEveryMs = 2_000;
/** Platforms write the end of a log down after the end of its run. */
const lookAfterEnd = 3;
const readTimeoutMs = 30_000;
const largestEvent = 64 * 1_024;

/** What a follower has. */
interface Follower {
  readonly stream: EventStream;
  at: number;
}

/** Whether a run has ended by now. */
export type HasEnded = () => Promise<boolean>;

/** Follows logs for callers: each log is read once for all of this process that are at the same place. */
export class LogTails {
  readonly #log: Log;
  readonly #tails = new Map<string, Tail>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Streams a log from `at` on, until its run has ended and everything has been said. */
  follow(
    key: string,
    source: LogSource,
    hasEnded: HasEnded,
    stream: EventStream,
    at: number,
  ): void {
    const known = this.#tails.get(key);
    const tail = known ?? new Tail(source, hasEnded, this.#log);
    this.#tails.set(key, tail);
    tail.add({ stream, at });
    if (known !== undefined) return;
    void tail.run().finally(() => {
      this.#tails.delete(key);
    });
  }
}

/** One log that is followed. */
class Tail {
  readonly #source: LogSource;
  readonly #hasEnded: HasEnded;
  readonly #log: Log;
  readonly #followers = new Set<Follower>();

  constructor(source: LogSource, hasEnded: HasEnded, log: Log) {
    this.#source = source;
    this.#hasEnded = hasEnded;
    this.#log = log;
  }

  add(follower: Follower): void {
    this.#followers.add(follower);
    follower.stream.onEnd(() => this.#followers.delete(follower));
  }

  async run(): Promise<void> {
    for (let afterEnd = 0; this.#followers.size > 0;) {
      const ended = await this.#hasEnded().catch(() => false);
      const before = Math.max(...[...this.#followers].map(({ at }) => at));
      const isWhole = await this.#catchUp(ended && afterEnd >= lookAfterEnd - 1);
      const now = Math.max(0, ...[...this.#followers].map(({ at }) => at));
      if (ended) afterEnd = now > before ? 0 : afterEnd + 1;
      if (ended && afterEnd >= lookAfterEnd && isWhole) break;
      await sleep(lookEveryMs);
    }
    for (const { stream, at } of [...this.#followers]) {
      stream.send(
        encodeEvent({ id: String(at), event: 'end', data: JSON.stringify({ size: at }) }),
      );
      stream.end();
    }
  }

  /** Brings all followers to the end of what there is; false when that failed, and is tried again. */
  async #catchUp(isLast: boolean): Promise<boolean> {
    const signal = deadline(readTimeoutMs);
    try {
      const size = (await this.#source.size(signal)) ?? 0;
      for (let left = this.#behind(size); left.length > 0; left = this.#behind(size)) {
        const start = Math.min(...left.map(({ at }) => at));
        const group = left.filter(({ at }) => at === start);
        const others = left.filter(({ at }) => at > start).map(({ at }) => at);
        const end = Math.min(size, ...others);
        const moved = await this.#send(group, start, end, isLast || end < size, signal);
        if (moved === 0) return true;
      }
      return true;
    } catch (error) {
      if (!(error instanceof GatewayError))
        this.#log.error({ err: error }, 'A log could not be followed');
      else this.#log.warn({ code: error.code, reason: error.message }, 'A log could not be read');
      return false;
    }
  }

  #behind(size: number): Follower[] {
    return [...this.#followers].filter(({ at }) => at < size);
  }

  /** Sends whole characters only: one whose end is not there yet waits for it, unless nothing more will come. */
  async #send(
    group: readonly Follower[],
    start: number,
    end: number,
    isLast: boolean,
    signal: AbortSignal,
  ): Promise<number> {
    let at = start;
    let held = Buffer.alloc(0);
    const send = (bytes: Buffer): void => {
      if (bytes.length === 0) return;
      at += bytes.length;
      const data = JSON.stringify({ text: bytes.toString('utf8') });
      const event = encodeEvent({ id: String(at), event: 'log', data });
      for (const follower of group) {
        follower.at = at;
        follower.stream.send(event);
      }
    };
    for await (const piece of this.#source.read({ start, end }, signal)) {
      held = Buffer.concat([held, piece]);
      if (held.length < largestEvent) continue;
      const whole = held.length - unfinished(held);
      send(held.subarray(0, whole));
      held = held.subarray(whole);
    }
    send(isLast ? held : held.subarray(0, held.length - unfinished(held)));
    return at - start;
  }
}

/** How many bytes at the end begin a character of UTF-8 that is not whole (RFC 3629 §3). */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
