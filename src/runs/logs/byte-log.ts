import type { ByteLogPart } from '../../domain/adapter.ts';
import { UpstreamContractError } from '../../domain/errors.ts';
import { deadline } from '../../timing/deadline.ts';
import type { LogSource, LogStretch } from './log-source.ts';

/** A log that its platform keeps as bytes; what it gives too much of on either side is cut off. */
export class ByteLog implements LogSource {
  readonly #part: ByteLogPart;
  readonly #nativeId: string;
  readonly #patienceMs: number;

  /** A platform that gives nothing for `patienceMs` is given up. */
  constructor(part: ByteLogPart, nativeId: string, patienceMs: number) {
    this.#part = part;
    this.#nativeId = nativeId;
    this.#patienceMs = patienceMs;
  }

  async size(gone: AbortSignal): Promise<number | null> {
    const inTime = deadline(this.#patienceMs, gone);
    const first = await this.#part.read(this.#nativeId, 0, 1, inTime);
    if (first === null) return null;
    // Only its length is wanted. What was begun is ended; what was not would keep its connection.
    const content = first.content[Symbol.asyncIterator]();
    await content.next();
    await content.return?.();
    return first.size;
  }

  async *read({ start, end }: LogStretch, signal: AbortSignal): AsyncIterable<Uint8Array> {
    for (let at = start; at < end;) {
      const from = at;
      for await (const piece of this.#pieces(at, end, signal)) {
        at += piece.length;
        yield piece;
      }
      if (at === from) throw this.#short(at, end);
    }
  }

  /** What one answer has of them. Only the platform is waited for in vain: who reads may take any time. */
  async *#pieces(start: number, end: number, gone: AbortSignal): AsyncIterable<Uint8Array> {
    const idle = new AbortController();
    const wait = (): NodeJS.Timeout =>
      setTimeout(() => {
        idle.abort(new DOMException('Nothing came in time.', 'TimeoutError'));
      }, this.#patienceMs);
    let timer = wait();
    try {
      const signal = AbortSignal.any([idle.signal, gone]);
      const bytes = await this.#part.read(this.#nativeId, start, end, signal);
      if (bytes === null || bytes.start > start) throw this.#short(start, end);
      let at = bytes.start;
      for await (const piece of bytes.content) {
        clearTimeout(timer);
        const wanted = piece.subarray(Math.max(start - at, 0), Math.max(end - at, 0));
        at += piece.length;
        if (wanted.length > 0) yield wanted;
        if (at >= end) return;
        timer = wait();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #short(start: number, end: number): UpstreamContractError {
    return new UpstreamContractError(
      `The platform said that the log has the bytes ${start} to ${end}, and does not give them.`,
    );
  }
}
