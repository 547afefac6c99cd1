import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { GatewayError, RecalledError, StoreUnavailableError } from '../domain/errors.ts';
import type { StoredPackage } from '../domain/import.ts';

/** What a stored file was when it was accepted. */
export interface AcceptedFile extends Pick<StoredPackage, 'length'> {
  /** Null where it is not known; then its length has to do. */
  readonly sha256: string | null;
}

/** The end of an import whose file was cut or exchanged while it waited. */
export function otherFile(cause?: unknown): StoreUnavailableError {
  return new StoreUnavailableError(
    'The stored file is not the one any more that was accepted, so nothing of it was imported: it has to be imported anew.',
    {
      sent: 'no',
      outcome: 'not_sent',
      retryable: false,
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/**
 * A stored file on its way. Its bytes fail before their end where they are not those that were accepted: a form whose end
 * is written after them is never whole then, so that nobody can have imported it.
 */
export class SentFile {
  readonly #accepted: AcceptedFile;
  readonly #content: Readable;
  #failure: GatewayError | null = null;

  constructor(accepted: AcceptedFile, content: Readable) {
    this.#accepted = accepted;
    this.#content = content;
  }

  /** Why its bytes did not come to their end, which is proof that nothing was imported; null where they did not fail. */
  get failure(): GatewayError | null {
    return this.#failure;
  }

  async *bytes(): AsyncGenerator<Buffer> {
    let isTaken = false;
    try {
      for await (const chunk of this.#proven()) {
        isTaken = true;
        yield chunk;
        isTaken = false;
      }
    } catch (error) {
      // Whoever takes them may have failed, and throws that in here.
      if (!isTaken) this.#failure = unsent(error);
      throw error;
    }
  }

  async *#proven(): AsyncGenerator<Buffer> {
    const { length, sha256 } = this.#accepted;
    const hash = createHash('sha256');
    let read = 0;
    for await (const chunk of this.#content as AsyncIterable<Buffer>) {
      read += chunk.length;
      if (read > length) throw otherFile();
      hash.update(chunk);
      yield chunk;
    }
    if (read !== length || (sha256 !== null && hash.digest('hex') !== sha256)) throw otherFile();
  }
}

function unsent(error: unknown): GatewayError {
  if (error instanceof GatewayError)
    return new RecalledError(error, error.message, { ...error.details, sent: 'no', cause: error });
  return new StoreUnavailableError('Reading the stored file broke off before it was sent whole.', {
    sent: 'no',
    outcome: 'not_sent',
    cause: error,
  });
}
