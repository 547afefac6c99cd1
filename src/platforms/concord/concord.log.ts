import type { Readable } from 'node:stream';
import type { ByteLogPart } from '../../domain/adapter.ts';
import { GatewayError, UpstreamUnavailableError } from '../../domain/errors.ts';
import type { LogBytes } from '../../domain/run.ts';
import type { ConcordRunClient } from './concord.run-client.ts';
import type { ConcordScope } from './concord.scope.ts';

/** Offsets are 32-bit numbers to the server; what it cannot read it takes for the whole log. */
const largestOffset = 2 ** 31 - 1;

/** Where the chunks of an answer lie: `bytes 0-127/1244`, the end exclusive, whatever RFC 9110 says. */
const contentRange = /^bytes (\d+)-(\d+)\/(\d+)$/;

/** The logs of runs. The server answers 200 with whole chunks, as they were written, from before the start to after the end. */
export class ConcordLog implements ByteLogPart {
  readonly kind = 'bytes';
  readonly #client: ConcordRunClient;
  readonly #scope: ConcordScope;

  constructor(client: ConcordRunClient, scope: ConcordScope) {
    this.#client = client;
    this.#scope = scope;
  }

  async read(
    nativeId: string,
    start: number,
    end: number | null,
    signal: AbortSignal,
  ): Promise<LogBytes | null> {
    if (!(await this.#scope.admits(nativeId, null, signal))) return null;
    const answer = await this.#client.readLog(nativeId, rangeOf(start, end), signal);
    if (answer === null) return null;
    const said = answer.headers['content-range'] ?? '';
    const [, first, last, total] = contentRange.exec(said) ?? [];
    const place = { start: Number(first), end: Number(last), size: Number(total) };
    const length = place.end - place.start;
    if (total === undefined || length < 0) {
      answer.body.destroy();
      throw this.#client.broken(`the Content-Range "${said.slice(0, 80)}" of a log`);
    }
    const content = this.#bytes(answer.body, length);
    // Of nothing the server repeats the offset that it was asked for, which may lie behind the end.
    if (length === 0) {
      // Callers may well not read what is empty; the connection is free only once it was.
      await content.next();
      const at = Math.min(place.start, place.size);
      return { content, start: at, end: at, size: place.size };
    }
    // The size is read before the chunks are: what was written between the two is there already.
    return { content, ...place, size: Math.max(place.size, place.end) };
  }

  /** Exactly as many bytes as were announced. */
  async *#bytes(body: Readable, length: number): AsyncGenerator<Uint8Array> {
    let size = 0;
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > length) break;
        yield chunk;
      }
    } catch (error) {
      throw error instanceof GatewayError ? error : this.#cut();
    }
    if (size !== length)
      throw this.#client.broken(`not the ${length} bytes of a log that it announced`);
  }

  #cut(): UpstreamUnavailableError {
    const { connection, platform, title } = this.#client.name;
    return new UpstreamUnavailableError(`${title} (${connection}) broke off in a log.`, {
      connection,
      platform,
      sent: 'maybe',
    });
  }
}

/** The server reads the end as exclusive; one that read it as RFC 9110 says would give one byte more, which is allowed. */
function rangeOf(start: number, end: number | null): string {
  const from = Math.min(start, largestOffset);
  return end === null
    ? `bytes=${from}-`
    : `bytes=${from}-${Math.min(Math.max(end, from), largestOffset)}`;
}
