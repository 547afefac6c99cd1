import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import pMap from 'p-map';
import { UpstreamRateLimitedError } from '../domain/errors.ts';

/** An answer as far as a reading may depend on it. */
interface Answer {
  readonly status: number;
  readonly headers: object;
  readonly data: Buffer | Readable;
}

/** The ways in which a request of a reading is sent. */
export interface Sending<A> {
  /** With all the tries that a request gets. */
  readonly send: (signal: AbortSignal) => Promise<A>;
  /** With a single one. */
  readonly once: (signal: AbortSignal) => Promise<A>;
}

/** One request of a reading: how it is sent again, and what it brought. */
interface Asked extends Sending<Answer> {
  readonly print: string;
}

interface Printed {
  readonly answer: Answer;
  readonly print: string;
}

/** What has been asked again so far; null for what failed or was given up, which can be asked anew. */
type Early = Map<string, Promise<Printed | null>>;

/** Adapters may keep what they have looked up, which no request shows: nothing passes for unchanged for longer. */
const longestMs = 600_000;
/** What longer readings asked is too much to remember. */
const mostAsked = 5_000;
/** Headers that differ from answer to answer and say nothing of what is read. */
const volatile =
  /^(date|age|etag|set-cookie|server-timing|cf-ray|traceparent)$|ratelimit|(request|correlation|activity|trace)-?id/i;

/** By the signal that all requests of a reading carry: AsyncLocalStorage would make every other request dearer. */
const readings = new WeakMap<AbortSignal, Reading>();

/** The reading that a request with this signal is part of, if any. */
export function readingOf(signal: AbortSignal): Reading | undefined {
  return readings.get(signal);
}

/** What one reading asks of its upstream. */
export class Reading {
  readonly asked = new Map<string, Asked>();
  /** Whether everything it asked can be asked again in the same way. */
  isRepeatable = true;
  readonly #early: Early;

  constructor(early: Early) {
    this.#early = early;
  }

  /** Sends a request, unless its answer is there already or under way. */
  async ask<A extends Answer>(
    key: string,
    { send, once }: Sending<A>,
    signal: AbortSignal,
  ): Promise<A> {
    const early = this.#early.get(key) as
      Promise<(Printed & { readonly answer: A }) | null> | undefined;
    this.#early.delete(key);
    if (this.asked.has(key)) this.isRepeatable = false;
    try {
      const { answer, print } = (await early) ?? printed(await send(signal));
      this.asked.set(key, { send, once, print });
      return answer;
    } catch (error) {
      // The adapter may go on without this answer, and nothing would show that it is there the next time.
      this.isRepeatable = false;
      throw error;
    }
  }
}

/**
 * Reads the same thing of an upstream time and again. What a reading asked is asked again first; when every answer is the
 * same byte for byte, nothing has to be parsed, mapped and compared to know that nothing has changed.
 */
export class Rereading {
  readonly #atOnce: number;
  #last: { readonly asked: ReadonlyMap<string, Asked>; readonly at: number } | null = null;

  /** `concurrency` is how many requests the connection may have under way: one of them is left to others. */
  constructor(concurrency: number) {
    this.#atOnce = Math.max(concurrency - 1, 1);
  }

  /**
   * What `work` reads; null when that is what the last one read, which only counts if `mayStay`.
   * @throws UpstreamRateLimitedError without any `work` when the upstream says so while it is asked again
   */
  async read<T>(signal: AbortSignal, mayStay: boolean, work: () => Promise<T>): Promise<T | null> {
    const last = this.#last;
    const again = new AskingAgain(signal);
    this.#last = null;
    try {
      if (mayStay && last !== null && Date.now() - last.at < longestMs) {
        if (await again.isSame(last.asked, this.#atOnce)) {
          this.#last = last;
          return null;
        }
      }
      const reading = new Reading(again.early);
      const at = Date.now();
      readings.set(signal, reading);
      const read = await work();
      if (reading.isRepeatable && reading.asked.size <= mostAsked)
        this.#last = { asked: reading.asked, at };
      return read;
    } finally {
      again.end();
    }
  }
}

/** Asks again what a reading asked, until something has changed or failed. */
class AskingAgain {
  readonly early: Early = new Map();
  readonly #over = new AbortController();
  /** Whether nothing is under way any more, because everything was answered. */
  #isAnswered = false;
  readonly #walk: AbortSignal;
  readonly #signal: AbortSignal = this.#over.signal;
  // Not `AbortSignal.any`: Node keeps what it makes, and what listens to that, for as long as the walk's own signal lives.
  readonly #follow = (): void => {
    this.#over.abort(this.#walk.reason);
  };

  constructor(walk: AbortSignal) {
    this.#walk = walk;
    if (walk.aborted) this.#follow();
    else walk.addEventListener('abort', this.#follow, { once: true });
  }

  /** Gives up what is still under way, and sends nothing more. */
  end(): void {
    this.#walk.removeEventListener('abort', this.#follow);
    // All that listens to it would be called, long ended or not: it doubled what a whole walk costs.
    if (!this.#isAnswered) this.#over.abort();
  }

  /**
   * Whether every answer is as it was. The first is asked alone, and with all its tries: when that fails, the upstream is
   * left in peace. The others get one try, as nothing may follow a failure.
   */
  async isSame(asked: ReadonlyMap<string, Asked>, concurrency: number): Promise<boolean> {
    const [first, ...others] = asked;
    if (first === undefined) return false;
    try {
      await this.#compare(first[0], first[1], first[1].send(this.#walk).then(printed));
      const again = ([key, request]: [string, Asked]): Promise<void> =>
        this.#compare(key, request, this.#once(request));
      // Not by the signal of both: its reason would come before the failure that it is aborted for.
      await pMap(others, again, { concurrency, signal: this.#walk });
      this.#isAnswered = true;
      return true;
    } catch (error) {
      if (error instanceof UpstreamRateLimitedError) throw error;
      return false;
    }
  }

  async #compare(key: string, { print }: Asked, asking: Promise<Printed | null>): Promise<void> {
    this.early.set(key, asking);
    const now = await asking;
    if (now?.print === print) return;
    if (now !== null && (now.answer.status < 200 || now.answer.status > 299)) this.end();
    throw new Error('another answer');
  }

  async #once({ once }: Asked): Promise<Printed | null> {
    try {
      return printed(await once(this.#signal));
    } catch (error) {
      const isFirst = !this.#signal.aborted;
      this.end();
      // Asked anew, it would only meet the same.
      if (isFirst && error instanceof UpstreamRateLimitedError) throw error;
      return null;
    }
  }
}

function printed<A extends Answer>(answer: A): { readonly answer: A; readonly print: string } {
  const { status, headers, data } = answer;
  const kept = Object.entries(headers).filter(([name]) => !volatile.test(name));
  const hash = createHash('sha256').update(`${status}\n${JSON.stringify(kept)}\n`);
  // What streams is never asked for by a reading that can be repeated.
  return { answer, print: hash.update(Buffer.isBuffer(data) ? data : '').digest('base64') };
}
