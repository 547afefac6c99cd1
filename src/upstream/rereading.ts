import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';

/** An answer as far as a reading may depend on it. */
interface Answer {
  readonly status: number;
  readonly headers: object;
  readonly data: Buffer | Readable;
}

/** One request of a reading: how it is sent again, and what it brought. */
interface Asked {
  readonly again: (signal: AbortSignal) => Promise<Answer>;
  readonly print: string;
}

interface Printed {
  readonly answer: Answer;
  readonly print: string;
}

/** Adapters may keep what they have looked up, which no request shows: nothing passes for unchanged for longer. */
const longestMs = 600_000;
/** Longer readings would fill the queue of their upstream at once. */
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
  readonly #early: Map<string, Promise<Printed>>;

  constructor(early: Map<string, Promise<Printed>>) {
    this.#early = early;
  }

  /** Sends a request, unless its answer is there already. */
  async ask<A extends Answer>(
    key: string,
    again: (signal: AbortSignal) => Promise<A>,
    signal: AbortSignal,
  ): Promise<A> {
    const early = this.#early.get(key) as Promise<Printed & { readonly answer: A }> | undefined;
    this.#early.delete(key);
    if (this.asked.has(key)) this.isRepeatable = false;
    const { answer, print } = await (early ?? again(signal).then(printed));
    this.asked.set(key, { again, print });
    return answer;
  }
}

/**
 * Reads the same thing of an upstream time and again. What a reading asked is asked again first, all at once; when every
 * answer is the same byte for byte, nothing has to be parsed, mapped and compared to know that nothing has changed.
 */
export class Rereading {
  #last: { readonly asked: ReadonlyMap<string, Asked>; readonly at: number } | null = null;

  /** What `work` reads; null when that is what the last one read, which only counts if `mayStay`. */
  async read<T>(signal: AbortSignal, mayStay: boolean, work: () => Promise<T>): Promise<T | null> {
    const last = this.#last;
    const early = new Map<string, Promise<Printed>>();
    if (mayStay && last !== null && Date.now() - last.at < longestMs) {
      askAgain(last.asked, early, signal);
      if (await isSame(last.asked, early)) return null;
    }
    this.#last = null;
    const reading = new Reading(early);
    const at = Date.now();
    readings.set(signal, reading);
    const read = await work();
    if (reading.isRepeatable && reading.asked.size <= mostAsked)
      this.#last = { asked: reading.asked, at };
    return read;
  }
}

/** The first alone: when that fails, the upstream is left in peace. */
function askAgain(
  asked: ReadonlyMap<string, Asked>,
  early: Map<string, Promise<Printed>>,
  signal: AbortSignal,
): void {
  let first: Promise<unknown> | null = null;
  for (const [key, { again }] of asked) {
    const answer: Promise<Answer> =
      first === null ? again(signal) : first.then(() => again(signal));
    const asking = answer.then(printed);
    // Who needs the answer gets the error with it.
    asking.catch(() => undefined);
    first ??= asking;
    early.set(key, asking);
  }
}

async function isSame(
  asked: ReadonlyMap<string, Asked>,
  early: ReadonlyMap<string, Promise<Printed>>,
): Promise<boolean> {
  const same = [...early].map(async ([key, asking]) => {
    if ((await asking).print !== asked.get(key)?.print) throw new Error('another answer');
  });
  return Promise.all(same).then(
    () => same.length > 0,
    () => false,
  );
}

function printed<A extends Answer>(answer: A): { readonly answer: A; readonly print: string } {
  const { status, headers, data } = answer;
  const kept = Object.entries(headers).filter(([name]) => !volatile.test(name));
  const hash = createHash('sha256').update(`${status}\n${JSON.stringify(kept)}\n`);
  // What streams is never asked for by a reading that can be repeated.
  return { answer, print: hash.update(Buffer.isBuffer(data) ? data : '').digest('base64') };
}
