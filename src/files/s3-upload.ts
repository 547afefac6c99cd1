import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { timeout } from '../timing/deadline.ts';

/** Where an object is. */
export interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

/** The smallest that S3 takes, because each upload holds one of them. */
const partBytes = 5 * 1_024 ** 2;
const lastWordMs = 3_000;

/**
 * An upload of a content whose length nobody knows: in parts, one after the other, out of one buffer that is filled again
 * and again. The vendor's own upload holds three parts and more at a time.
 */
export class S3Upload {
  readonly #client: S3Client;
  readonly #place: Place;
  /** Of the system, which gives a page of it only once something is written there. */
  readonly #buffer = Buffer.allocUnsafeSlow(partBytes);
  readonly #parts: CompletedPart[] = [];
  #filled = 0;
  /** Null while all of it may still go in one request. */
  #id: string | null = null;

  constructor(client: S3Client, place: Place) {
    this.#client = client;
    this.#place = place;
  }

  /** Throws what the library or the content throws; then nothing of it is kept that could be taken back. */
  async send(content: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of content) await this.#take(chunk);
      await this.#end();
    } catch (error) {
      // Parts that stay are removed with what is old.
      await this.#abort().catch(() => undefined);
      throw error;
    }
  }

  async #take(chunk: Uint8Array): Promise<void> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#filled === partBytes) await this.#sendPart();
      const taken = chunk.subarray(at, at + partBytes - this.#filled);
      this.#buffer.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
    }
  }

  async #sendPart(): Promise<void> {
    const UploadId = (this.#id ??= await this.#begin());
    const PartNumber = this.#parts.length + 1;
    const Body = this.#buffer.subarray(0, this.#filled);
    const part = new UploadPartCommand({ ...this.#place, UploadId, PartNumber, Body });
    const { ETag } = await this.#client.send(part);
    this.#parts.push({ PartNumber, ETag });
    this.#filled = 0;
  }

  async #begin(): Promise<string> {
    const { UploadId } = await this.#client.send(new CreateMultipartUploadCommand(this.#place));
    if (UploadId === undefined) throw new Error('an upload that was begun has no id');
    return UploadId;
  }

  async #end(): Promise<void> {
    if (this.#id === null) {
      const Body = this.#buffer.subarray(0, this.#filled);
      await this.#client.send(new PutObjectCommand({ ...this.#place, Body }));
      return;
    }
    await this.#sendPart();
    const upload = { ...this.#place, UploadId: this.#id, MultipartUpload: { Parts: this.#parts } };
    await this.#client.send(new CompleteMultipartUploadCommand(upload));
  }

  async #abort(): Promise<void> {
    if (this.#id === null) return;
    const upload = new AbortMultipartUploadCommand({ ...this.#place, UploadId: this.#id });
    await this.#client.send(upload, { abortSignal: timeout(lastWordMs) });
  }
}
