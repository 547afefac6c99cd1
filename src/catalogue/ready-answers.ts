import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import type { Log } from '../telemetry/log.ts';

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

/** Ready answers: in this process's memory first, then in Redis, where other replicas find them. */
export class ReadyAnswers {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #log: Log;
  readonly #memory: LRUCache<string, ReadyAnswer>;

  constructor(redis: Redis, options: { prefix: string; memoryBytes: number; log: Log }) {
    this.#redis = redis;
    this.#prefix = `${options.prefix}:catalogue:answer`;
    this.#log = options.log;
    this.#memory = new LRUCache({
      maxSize: Math.max(options.memoryBytes, 1),
      sizeCalculation: (answer) => answer.body.length + 512,
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
    if (this.#redis.status !== 'ready' || answer.body.length > largestSharedBytes) return;
    this.#redis
      .set(`${this.#prefix}:${key}`, pack(answer), 'PX', keepMs)
      .catch((error: unknown) => {
        this.#log.warn({ reason: String(error) }, 'A ready answer is not shared: Redis failed');
      });
  }

  async #load(key: string): Promise<ReadyAnswer | null> {
    if (this.#redis.status !== 'ready') return null;
    try {
      const packed = await this.#redis.getBuffer(`${this.#prefix}:${key}`);
      return packed === null ? null : unpack(packed);
    } catch (error) {
      this.#log.warn({ reason: String(error) }, 'A ready answer is made again: Redis failed');
      return null;
    }
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
