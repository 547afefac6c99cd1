import type { Redis } from 'ioredis';
import { digest } from '../catalogue/views.ts';
import type { Connection } from '../connections/connection.ts';

/** A stretch of time, in ms since 1970. */
export interface Stretch {
  readonly from: number;
  readonly until: number;
}

/** Which runs of a connection were read, by when they were created. */
export interface Coverage {
  /** When the newest walk began; null before the first one. */
  readonly until: number | null;
  /** What is still to be read, newest first. */
  readonly missing: readonly Stretch[];
  /** How much is read in one go. */
  readonly sliceMs: number;
}

const minute = 60_000;
/** So far back runs are read. */
export const windowMs = 7 * 24 * 60 * minute;
/** Platforms show runs late: each walk looks back over the end of the one before. */
const overlapMs = 10 * minute;
const shortestMs = minute;
const quicker = 2;
const slower = 4;
const keepMs = 2 * windowMs;

const nothing: Coverage = { until: null, missing: [], sliceMs: windowMs };

/** What is missing at `now`: what has come since, and what was missing before. */
export function advanced(coverage: Coverage, now: number): Coverage {
  const oldest = now - windowMs;
  const from = Math.max(coverage.until === null ? oldest : coverage.until - overlapMs, oldest);
  const before = coverage.missing
    .map((each) => ({ from: Math.max(each.from, oldest), until: each.until }))
    .filter((each) => each.until > each.from);
  const touching = before.filter((each) => each.until >= from);
  const others = before.filter((each) => each.until < from);
  const newest = { from: Math.min(from, ...touching.map((each) => each.from)), until: now };
  return { ...coverage, until: now, missing: [newest, ...others] };
}

/** What is read next; null when nothing is missing. */
export function nextSlice({ missing: [newest], sliceMs }: Coverage): Stretch | null {
  if (newest === undefined) return null;
  return { from: Math.max(newest.from, newest.until - sliceMs), until: newest.until };
}

/** A slice was read, all before it too. */
export function without(coverage: Coverage, slice: Stretch): Coverage {
  const [newest, ...others] = coverage.missing;
  const rest = newest === undefined || newest.from >= slice.from ? [] : [newest];
  return {
    ...coverage,
    missing: [...rest.map(({ from }) => ({ from, until: slice.from })), ...others],
    sliceMs: Math.min(coverage.sliceMs * quicker, windowMs),
  };
}

/** A slice could not be read: less is tried the next time. */
export function smaller(coverage: Coverage): Coverage {
  return { ...coverage, sliceMs: Math.max(Math.floor(coverage.sliceMs / slower), shortestMs) };
}

/** Keeps how far walks over the runs of connections have come, for all processes. */
export class RunCoverages {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = `${prefix}:runs`;
  }

  async read(connection: Connection): Promise<Coverage> {
    const text = await this.#redis.get(this.#key(connection));
    return text === null ? nothing : (JSON.parse(text) as Coverage);
  }

  async write(connection: Connection, coverage: Coverage): Promise<void> {
    await this.#redis.set(this.#key(connection), JSON.stringify(coverage), 'PX', keepMs);
  }

  /** Of a connection as it is configured now: another folder has other runs. */
  #key({ id, config }: Connection): string {
    return `${this.#prefix}:{${id}}:walked:${digest(JSON.stringify(config))}`;
  }
}
