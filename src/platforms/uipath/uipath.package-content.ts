import { LRUCache } from 'lru-cache';
import { createHash } from 'node:crypto';
import type { UipathClient } from './uipath.client.ts';

/** A version as it stands, and the file that it is held against. */
export interface HeldAgainst {
  /** `Id:Version`, as the platform writes it. */
  readonly key: string;
  readonly feedId: string | null;
  /** Of the row: another one of the same number has another time. */
  readonly published: string | null;
  /** Of the file, in bytes. */
  readonly length: number;
  readonly sha256: string;
}

/** Each costs reading a package, and its answer holds for as long as the row is the same. */
const rememberedAnswers = 1_000;

/** Tells whether a version that stands is the very file that was to be imported: the feed keeps what it was given. */
export class PackageContent {
  readonly #client: UipathClient;
  readonly #known = new LRUCache<string, boolean>({ max: rememberedAnswers });

  constructor(client: UipathClient) {
    this.#client = client;
  }

  /** Null where there is nothing to be read. */
  async isSame(held: HeldAgainst, signal: AbortSignal): Promise<boolean | null> {
    const { key, feedId, published, sha256 } = held;
    const question = JSON.stringify([key, feedId, published, sha256]);
    const known = this.#known.get(question);
    if (known !== undefined) return known;
    const isSame = await this.#compare(held, signal);
    if (isSame !== null && published !== null) this.#known.set(question, isSame);
    return isSame;
  }

  async #compare(
    { key, feedId, length, sha256 }: HeldAgainst,
    signal: AbortSignal,
  ): Promise<boolean | null> {
    const answer = await this.#client.downloadPackage(key, feedId, signal);
    if (answer === null) return null;
    const hash = createHash('sha256');
    let read = 0;
    try {
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        read += chunk.length;
        if (read > length) return false;
        hash.update(chunk);
      }
    } finally {
      answer.body.destroy();
    }
    return read === length && hash.digest('hex') === sha256;
  }
}
