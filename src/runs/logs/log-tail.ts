import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError, StoreUnavailableError } from '../../domain/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import { deadline } from '../../timing/deadline.ts';
import { within } from '../../timing/within.ts';
import { isAway } from '../stand-in.ts';
import { type Follower, LogFollowers, type LogFollowersOptions } from './log-followers.ts';
import type { LogSource } from './log-source.ts';
import { unfinished } from './whole-characters.ts';

const lookEveryMs = 2_000;
/** Platforms write the end of a log down after the end of its run. */
const lookAfterEnd = 3;
/** By then they have, in ms. */
export const settledAfterMs = 5 * 60_000;
/** So often in a row a log is refused before its followers are cut off: who comes back is told why. */
const mostRefusals = 3;
/** Of a platform that gives nothing. */
const readTimeoutMs = 30_000;
const largestEvent = 64 * 1_024;

/** What a log is followed with. */
export interface LogTailOptions extends LogFollowersOptions {
  readonly source: LogSource;
  /** For how long its run has ended by now, in ms; null while it goes on. */
  readonly endedForMs: () => Promise<number | null>;
  readonly log: Log;
}

/** Whether a platform will not give a log, so that it makes no sense to ask it time and again. */
function isRefusal(error: unknown): boolean {
  const isOurs = error instanceof StoreUnavailableError;
  return error instanceof GatewayError && !isOurs && !isAway(error);
}

/** One log that is followed. */
export class LogTail {
  readonly #options: LogTailOptions;
  readonly #followers: LogFollowers;
  /** How often in a row the log was refused, as opposed to not given. */
  #refusals = 0;

  constructor(options: LogTailOptions) {
    this.#options = options;
    this.#followers = new LogFollowers(options);
  }

  add(follower: Follower): void {
    this.#followers.add(follower);
  }

  /** Tells what comes until the end of the run. */
  async run(): Promise<void> {
    let size = Math.max(0, ...this.#followers.all().map(({ at }) => at));
    for (let afterEnd = 0; this.#followers.count > 0;) {
      const endedForMs = await this.#options.endedForMs().catch(() => null);
      const ended = endedForMs !== null;
      const isSettled = ended && endedForMs > settledAfterMs;
      const looks = isSettled ? 1 : lookAfterEnd;
      const found = await this.#catchUp(ended && afterEnd >= looks - 1);
      // Who was cut off and comes back at once begins anew, and is told why.
      if (this.#followers.count === 0) break;
      const hasGrown = found !== null && found > size;
      size = found ?? size;
      if (ended) afterEnd = hasGrown && !isSettled ? 0 : afterEnd + 1;
      if (ended && afterEnd >= looks && found !== null) break;
      await sleep(lookEveryMs, undefined, { ref: false });
    }
    this.#followers.end(size);
  }

  /** Tells what there is by now; gives the followers that are still there then. */
  async chase(): Promise<readonly Follower[]> {
    while (this.#followers.count > 0 && (await this.#catchUp(false)) === null)
      await sleep(lookEveryMs, undefined, { ref: false });
    return this.#followers.all();
  }

  /** Brings all followers to the end of what there is, and says where that is; null when that failed, and is tried again. */
  async #catchUp(isLast: boolean): Promise<number | null> {
    const { log } = this.#options;
    this.#followers.begin();
    try {
      const size = await this.#size();
      await this.#sendTo(size, isLast);
      this.#refusals = 0;
      return size;
    } catch (error) {
      this.#refusals = isRefusal(error) ? this.#refusals + 1 : 0;
      if (this.#refusals >= mostRefusals) this.#followers.cut();
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
    const behind = (): Follower[] => this.#followers.behind(size);
    for (let left = behind(); left.length > 0; left = behind()) {
      const start = Math.min(...left.map(({ at }) => at));
      const group = new Set(left.filter(({ at }) => at === start));
      const others = left.filter(({ at }) => at > start).map(({ at }) => at);
      const end = Math.min(size, ...others);
      const moved = await this.#send(group, start, end, isLast || end < size);
      if (moved === 0) return;
    }
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
      this.#followers.tell(group, at, held.subarray(0, length));
      held = held.subarray(length);
      await this.#followers.taken(group);
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
}
