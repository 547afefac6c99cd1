import { PutObjectCommand, type PutObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import type { StoredFile } from './file-store.ts';
import { Poured } from './poured.ts';
import { tries } from './s3-client.ts';
import type { Spool } from './spool.ts';

/** Where an object is. */
export interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

const pieceBytes = 65_536;

type Known = Pick<StoredFile, 'length' | 'sha256'>;

/** An upload in one request, whose content is all there. */
export class S3Upload {
  readonly #client: S3Client;
  readonly #place: Place;
  readonly #silenceMs: number;

  /**
   * However long a content from disk takes: it is given up once nothing of it has gone on for `silenceMs`, and no answer
   * has come.
   */
  constructor(client: S3Client, place: Place, silenceMs: number) {
    this.#client = client;
    this.#place = place;
    this.#silenceMs = silenceMs;
  }

  /** Throws what the library or the spool throws; then it may be there all the same, and only the answer lost. */
  async send(spool: Spool, known: Known): Promise<void> {
    const Body = spool.held();
    if (Body === null) return this.#sendFile(spool, known);
    await this.#client.send(signed({ ...this.#place, Body }, known));
  }

  /** The library tries nothing again that is a stream. */
  async #sendFile(spool: Spool, known: Known, left = tries): Promise<void> {
    try {
      await this.#stream(spool, known);
    } catch (error) {
      if (left === 1) throw error;
      await this.#sendFile(spool, known, left - 1);
    }
  }

  async #stream(spool: Spool, known: Known): Promise<void> {
    const given = new AbortController();
    const timer = setTimeout(() => {
      given.abort(new DOMException('Nothing of it went on in time.', 'TimeoutError'));
    }, this.#silenceMs);
    const Body = new Poured(heard(spool.pieces(Buffer.allocUnsafe(pieceBytes)), timer));
    Body.on('error', (error) => {
      given.abort(error);
    });
    try {
      const options = { abortSignal: given.signal, requestTimeout: 0 };
      await this.#client.send(signed({ ...this.#place, Body }, known), options);
    } catch (error) {
      const why: unknown = given.signal.aborted ? given.signal.reason : error;
      // One that was answered before all of it was sent still holds its connection.
      given.abort();
      throw why;
    } finally {
      clearTimeout(timer);
      Body.destroy();
    }
  }
}

/** The same pieces; each that is asked for is a sign that the one before it has gone on. */
async function* heard(
  pieces: AsyncIterable<Buffer>,
  timer: NodeJS.Timeout,
): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    timer.refresh();
    yield piece;
  }
}

/** A request that is signed with the hash of its content, by which the server sees that it came as it was. */
function signed(input: PutObjectCommandInput, { length, sha256 }: Known): PutObjectCommand {
  const command = new PutObjectCommand({ ...input, ContentLength: length });
  command.middlewareStack.add(
    (next) => (args) => {
      // The library would leave that of a stream out.
      if (hasHeaders(args.request)) args.request.headers['x-amz-content-sha256'] = sha256;
      return next(args);
    },
    { step: 'build' },
  );
  return command;
}

function hasHeaders(request: unknown): request is { readonly headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request;
}
