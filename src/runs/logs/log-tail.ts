import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../domain/errors.ts';
import { encodeEvent, type EventStream } from '../../http/event-stream.ts';
import type { Log } from '../../telemetry/log.ts';
import { deadline } from '../../timing/deadline.ts';
import { within } from '../../timing/within.ts';
import { logEventId } from './log-event-id.ts';
import type { LogSource } from './log-source.ts';
import { unfinished } from './whole-characters.ts';

const lookEveryMs = 2_000;
/** Platforms write the end of a log down after the end of its run. */
const lookAfterEnd = 3;
/** By then they have, in ms. */
export const settledAfterMs = 5 * 60_000;
/** Of a platform that gives nothing. */
const readTimeoutMs = 30_000;
const largestEvent = 64 * 1_024;
/** Who takes an event within this is not slow, and whoever is waited for is looked at so often; in ms. */
const soonMs = 100;

/** What a follower has. */
export interface Follower {
  readonly stream: EventStream;
  at: number;
}

/** How patient tails are with who reads slowly, in ms. */
export interface Patience {
  /** How long one look waits for some while others could go on. */
  readonly together: number;
  /** How long one who takes nothing at all is waited for. */
  readonly still: number;
}

/** What a log is followed with. */
export interface LogTailOptions {
  readonly source: LogSource;
  /** For how long its run has ended by now, in ms; null while it goes on. */
  readonly endedForMs: () => Promise<number | null>;
  /** Called with those who are too slow for the others: they are followers of this one no more. */
  readonly leave: (slow: readonly Follower[]) => void;
  readonly log: Log;
  readonly patience: Patience;
}

/** The last event of a log of so many bytes. */
export function endEvent(size: number): Buffer {
  const id = logEventId({ at: size, hasEnd: true });
  return encodeEvent({ id, event: 'end', data: JSON.stringify({ size }) });
}

/** One log that is followed. */
export class LogTail {
  readonly #options: LogTailOptions;
  readonly #followers = new Set<Follower>();
  /** How long the look that is under way has waited for slow followers. */
  #waitedMs = 0;

  constructor(options: LogTailOptions) {
    this.#options = options;
  }

  add(follower: Follower): void {
    this.#followers.add(follower);
    follower.stream.onEnd(() => this.#followers.delete(follower));
  }

  /** Tells what comes until the end of the run. */
  async run(): Promise<void> {
    let size = Math.max(0, ...[...this.#followers].map(({ at }) => at));
    for (let afterEnd = 0; this.#followers.size > 0;) {
      const endedForMs = await this.#options.endedForMs().catch(() => null);
      const ended = endedForMs !== null;
      const isSettled = ended && endedForMs > settledAfterMs;
      const looks = isSettled ? 1 : lookAfterEnd;
      const found = await this.#catchUp(ended && afterEnd >= looks - 1);
      const hasGrown = found !== null && found > size;
      size = found ?? size;
      if (ended) afterEnd = hasGrown && !isSettled ? 0 : afterEnd + 1;
      if (ended && afterEnd >= looks && found !== null) break;
      await sleep(lookEveryMs, undefined, { ref: false });
    }
    for (const { stream, at } of [...this.#followers]) {
      // Who has asked to go on behind the end of the log has nothing beyond it.
      stream.send(endEvent(Math.min(at, size)));
      stream.end();
    }
  }

  /** Tells what there is by now; gives the followers that are still there then. */
  async chase(): Promise<readonly Follower[]> {
    while (this.#followers.size > 0 && (await this.#catchUp(false)) === null)
      await sleep(lookEveryMs, undefined, { ref: false });
    return [...this.#followers];
  }

  /** Brings all followers to the end of what there is, and says where that is; null when that failed, and is tried again. */
  async #catchUp(isLast: boolean): Promise<number | null> {
    const { log } = this.#options;
    this.#waitedMs = 0;
    try {
      const size = await this.#size();
      await this.#sendTo(size, isLast);
      return size;
    } catch (error) {
      if (!(error instanceof GatewayError))
        log.error({ err: error }, 'A log could not be followed');
      else log.warn({ code: error.code, reason: error.message }, 'A log could not be read');
      return null;
    }
  }

  /** How long the log is; whoever lacks what is kept of it, also who comes meanwhile, need not wait for its platform. */
  async #size(): Promise<number> {
    const { source } = this.#options;
    const looking = source.size(deadline(readTimeoutMs)).then((size) => ({ size: size ?? 0 }));
    // It is awaited below, and may fail before.
    looking.catch(() => undefined);
    for (;;) {
      const kept = (await source.kept?.()) ?? 0;
      await this.#sendTo(kept, false);
      const found = await within(looking, source.kept === undefined ? readTimeoutMs : lookEveryMs);
      if (found !== null) return found.size;
    }
  }

  async #sendTo(size: number, isLast: boolean): Promise<void> {
    for (let left = this.#behind(size); left.length > 0; left = this.#behind(size)) {
      const start = Math.min(...left.map(({ at }) => at));
      const group = new Set(left.filter(({ at }) => at === start));
      const others = left.filter(({ at }) => at > start).map(({ at }) => at);
      const end = Math.min(size, ...others);
      const moved = await this.#send(group, start, end, isLast || end < size);
      if (moved === 0) return;
    }
  }

  #behind(size: number): Follower[] {
    return [...this.#followers].filter(({ at }) => at < size);
  }

  /**
   * Sends as fast as the group reads, and no further than somebody of it is there. Whole characters only: one whose end is
   * not there yet waits for it, unless nothing more will come.
   */
  async #send(group: Set<Follower>, start: number, end: number, isLast: boolean): Promise<number> {
    const reading = new AbortController();
    const timer = setTimeout(() => {
      reading.abort(new DOMException('Nothing came in time.', 'TimeoutError'));
    }, readTimeoutMs);
    let at = start;
    let held = Buffer.alloc(0);
    const send = async (length: number): Promise<void> => {
      if (length === 0) return;
      at += length;
      this.#tell(group, at, held.subarray(0, length));
      held = held.subarray(length);
      await this.#taken(group);
      timer.refresh();
    };
    try {
      for await (const piece of this.#options.source.read({ start, end }, reading.signal)) {
        timer.refresh();
        held = Buffer.concat([held, piece]);
        if (held.length >= largestEvent) await send(held.length - unfinished(held));
        if (group.size === 0) return at - start;
      }
    } finally {
      clearTimeout(timer);
    }
    await send(isLast ? held.length : held.length - unfinished(held));
    return at - start;
  }

  #tell(group: ReadonlySet<Follower>, at: number, bytes: Buffer): void {
    const data = JSON.stringify({ text: bytes.toString('utf8') });
    const event = encodeEvent({ id: logEventId({ at, hasEnd: false }), event: 'log', data });
    for (const follower of group) {
      follower.at = at;
      follower.stream.send(event);
    }
  }

  /** Waits until a group has taken what was sent: who keeps others waiting leaves, who stands still is cut off. */
  async #taken(group: Set<Follower>): Promise<void> {
    const { patience, leave } = this.#options;
    const begun = performance.now();
    let waitedMs = 0;
    for (;;) {
      for (const each of group) if (!this.#followers.has(each)) group.delete(each);
      const slow = [...group].filter(({ stream }) => stream.isBehind);
      if (slow.length === 0) break;
      const still = slow.filter(({ stream }) => stream.stillForMs >= patience.still);
      const keepsOthers = slow.length < this.#followers.size;
      if (keepsOthers && waitedMs >= soonMs && this.#waitedMs + waitedMs >= patience.together) {
        for (const each of slow) this.#followers.delete(each);
        leave(slow);
      } else if (still.length > 0) {
        for (const { stream } of still) stream.cut();
      } else await Promise.all(slow.map(({ stream }) => stream.drained(soonMs)));
      waitedMs = performance.now() - begun;
    }
    this.#waitedMs += waitedMs;
  }
}
