import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { S3Config } from '../config/files.config.ts';
import { StoreUnavailableError } from '../domain/errors.ts';
import type { ByteRange } from '../domain/import.ts';
import { DirectoryStore } from './directory-store.ts';
import { noSuchFile, notOpened, notRemoved, notStored } from './file-errors.ts';
import { isFileId } from './file-id.ts';
import type { FileStore, StoredFile } from './file-store.ts';
import { timeout } from '../timing/deadline.ts';
import { Measure } from './measure.ts';
import { defaultS3Timing, s3Client, type S3Timing } from './s3-client.ts';
import { isNamed, whyOf } from './s3-failure.ts';
import { type Bucket, removeOldFiles } from './s3-sweep.ts';
import { type Place, S3Upload } from './s3-upload.ts';
import { Spool } from './spool.ts';
import { Watched } from './watched.ts';

const lastWordMs = 3_000;

/** Files in a bucket of Amazon S3, or of a server that speaks it. */
export class S3Store implements FileStore {
  readonly #client: S3Client;
  readonly #bucket: Bucket;
  readonly #folder: string;
  readonly #timing: S3Timing;

  /** `folder`: where files are on their way into the bucket; no other process has to see it. */
  constructor(config: S3Config, folder: string, timing: S3Timing = defaultS3Timing) {
    this.#client = s3Client(config, timing);
    this.#bucket = { name: config.bucket, prefix: config.prefix };
    this.#folder = folder;
    this.#timing = timing;
  }

  async write(content: AsyncIterable<Uint8Array>): Promise<StoredFile> {
    const measure = new Measure(content);
    const spool = new Spool(this.#folder);
    try {
      await spool.fill(measure.chunks());
      const file = { id: randomUUID(), length: measure.length, sha256: measure.digest() };
      await this.#send(spool, file);
      return file;
    } finally {
      // By now nobody needs what is in it.
      await spool.close().catch(() => undefined);
    }
  }

  async #send(spool: Spool, file: StoredFile): Promise<void> {
    const upload = new S3Upload(this.#client, this.#place(file.id), this.#timing.silence);
    try {
      await upload.send(spool, file);
    } catch (error) {
      // It may be there, and only its answer lost; who waits for this one has waited for the server already.
      await this.#delete(file.id, timeout(lastWordMs)).catch(() => undefined);
      throw error instanceof StoreUnavailableError ? error : notStored(whyOf(error));
    }
  }

  async open(id: string, range?: ByteRange): Promise<Readable> {
    if (!isFileId(id)) throw noSuchFile(id);
    const isNothing = range !== undefined && range.start >= range.end;
    try {
      const answer = await this.#get(id, isNothing ? { start: 0, end: 1 } : range);
      const body = bytesOf(answer, range !== undefined);
      if (!isNothing) return new Watched(body, { silenceMs: this.#timing.silence, why: whyOf });
      body.destroy();
    } catch (error) {
      if (isNamed(error, 'NoSuchKey')) throw noSuchFile(id);
      // What there is ends before it.
      if (!isNamed(error, 'InvalidRange')) throw notOpened(whyOf(error));
    }
    return Readable.from([], { objectMode: false });
  }

  #get(id: string, range: ByteRange | undefined): Promise<GetObjectCommandOutput> {
    const wanted = range === undefined ? {} : { Range: headerOf(range) };
    return this.#client.send(new GetObjectCommand({ ...this.#place(id), ...wanted }));
  }

  async remove(id: string): Promise<void> {
    if (!isFileId(id)) return;
    try {
      await this.#delete(id);
    } catch (error) {
      // Amazon says nothing of one that is not there; some others do.
      if (!isNamed(error, 'NoSuchKey')) throw notRemoved(whyOf(error));
    }
  }

  async #delete(id: string, abortSignal?: AbortSignal): Promise<void> {
    const options = abortSignal === undefined ? {} : { abortSignal };
    await this.#client.send(new DeleteObjectCommand(this.#place(id)), options);
  }

  async removeBefore(instant: number): Promise<number> {
    let removed: number;
    try {
      removed = await removeOldFiles(this.#client, this.#bucket, instant);
    } catch (error) {
      throw notRemoved(whyOf(error));
    }
    // Whoever is killed between making a file and taking its name away leaves an empty one.
    return removed + (await new DirectoryStore(this.#folder).removeBefore(instant));
  }

  #place(id: string): Place {
    return { Bucket: this.#bucket.name, Key: `${this.#bucket.prefix}${id}` };
  }
}

/** RFC 9110 §14.1.2; there the last byte is counted in. */
function headerOf({ start, end }: ByteRange): string {
  return `bytes=${start}-${Number.isFinite(end) ? end - 1 : ''}`;
}

/** The body of an answer as Node gives it. */
function bytesOf({ Body, $metadata }: GetObjectCommandOutput, isPart: boolean): Readable {
  if (!(Body instanceof Readable)) throw new Error('an answer has no body');
  if (!isPart || $metadata.httpStatusCode === 206) return Body;
  Body.destroy();
  throw Object.assign(new Error('an answer is not the part that was asked for'), {
    name: 'RangeIgnored',
  });
}
