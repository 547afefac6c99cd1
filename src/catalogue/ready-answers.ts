import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import type { Log } from '../telemetry/log.ts';
import { keepWithinScript } from './room-scripts.ts';
import { inTime } from '../timing/within.ts';
import { CatalogueKeys } from './keys.ts';

/** An answer made ready: its bytes, and what its headers are made of. */
export interface ReadyAnswer {
  readonly body: Buffer;
  readonly etag: string;
  /** Whether every source that was asked is fresh or stale. */
  readonly complete: boolean;
  /** Of the oldest source, in ms since 1970; null when there is none. */
  readonly asOf: number | null;
  /** When the first source stops being fresh, in ms since 1970; past when one is stale. */
  readonly freshUntil: number;
  readonly nextCursor: string | null;
}

const keepMs = 60_000;
const largestSharedBytes = 2 * 1_024 ** 2;
const headLengthBytes = 4;
const overheadBytes = 512;
/** To make an answer anew costs less than to wait longer for one that is ready. */
const patienceMs = 200;

/** What ready answers are kept with. */
export interface ReadyAnswersOptions {
  readonly prefix: string;
  readonly memoryBytes: number;
  /** What they may take together in Redis. */
  readonly maxBytes: number;
  readonly log: Log;
  /** Whether it makes sense to ask Redis now. */
  readonly reach: { readonly reachable: boolean };
}

/** Ready answers: in this process's memory first, then in Redis, where other replicas find them. */
export class ReadyAnswers {
  readonly #redis: Redis;
  readonly #keys: CatalogueKeys;
  readonly #options: ReadyAnswersOptions;
  readonly #memory: LRUCache<string, ReadyAnswer>;

  constructor(redis: Redis, options: ReadyAnswersOptions) {
    this.#redis = redis;
    this.#keys = new CatalogueKeys(options.prefix);
    this.#options = options;
    this.#memory = new LRUCache({
      maxSize: Math.max(options.memoryBytes, 1),
      sizeCalculation: (answer) => answer.body.length + overheadBytes,
      ttl: keepMs,
    });
  }

  async get(key: string): Promise<ReadyAnswer | null> {
    const known = this.#memory.get(key);
    if (known !== undefined) return known;
    const stored = await this.#load(key);
    if (stored !== null) this.#memory.set(key, stored);
    return stored;
  }

  set(key: string, answer: ReadyAnswer): void {
    this.#memory.set(key, answer);
    if (!this.#isReachable || answer.body.length > largestSharedBytes) return;
    this.#share(key, pack(answer)).catch((error: unknown) => {
      this.#warn(error, 'A ready answer is not shared: Redis failed');
    });
  }

  async #share(key: string, packed: Buffer): Promise<void> {
    const { ends, bytes } = this.#keys.answers;
    const size = packed.length + overheadBytes;
    const args = [packed, keepMs, size, this.#options.maxBytes];
    await this.#redis.eval(keepWithinScript, 3, this.#keys.answer(key), ends, bytes, ...args);
  }

  get #isReachable(): boolean {
    return this.#redis.status === 'ready' && this.#options.reach.reachable;
  }

  async #load(key: string): Promise<ReadyAnswer | null> {
    if (!this.#isReachable) return null;
    try {
      const packed = await inTime(this.#redis.getBuffer(this.#keys.answer(key)), patienceMs);
      return packed === null ? null : unpack(packed);
    } catch (error) {
      this.#warn(error, 'A ready answer is made again: Redis failed');
      return null;
    }
  }

  #warn(error: unknown, message: string): void {
    this.#options.log.warn({ reason: String(error) }, message);
  }
}

/** Length of the head, the head as JSON, the body. */
function pack({ body, ...head }: ReadyAnswer): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(headLengthBytes);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, body]);
}

function unpack(packed: Buffer): ReadyAnswer {
  const bodyAt = headLengthBytes + packed.readUInt32BE(0);
  const head = JSON.parse(packed.toString('utf8', headLengthBytes, bodyAt)) as Omit<
    ReadyAnswer,
    'body'
  >;
  return { ...head, body: packed.subarray(bodyAt) };
}
