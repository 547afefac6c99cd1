import type { Redis } from 'ioredis';
import { digest } from '../../catalogue/views.ts';
import type { Connection } from '../../connections/connection.ts';

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
  /** The same of the newest, which is read again and again, and says nothing of what lies behind it; left out while it is alike. */
  readonly newestMs?: number;
  /** What is older than what is new is left alone until then; left out where it is not. */
  readonly restUntil?: number;
}

const minute = 60_000;
/** So far back runs are read. */
export const windowMs = 7 * 24 * 60 * minute;
/** Platforms show runs late: each walk looks back over the end of the one before. */
const overlapMs = 10 * minute;
const shortestMs = minute;
/** Where not even the shortest slice can be read, no walk but one in so long tries it, in ms. */
const restMs = 10 * minute;
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
export function nextSlice(coverage: Coverage): Stretch | null {
  const [newest] = coverage.missing;
  if (newest === undefined) return null;
  const { sliceMs, newestMs = sliceMs } = coverage;
  const atMost = newest.until === coverage.until ? newestMs : sliceMs;
  return { from: Math.max(newest.from, newest.until - atMost), until: newest.until };
}

/** A slice was read, all before it too. */
export function without(coverage: Coverage, slice: Stretch): Coverage {
  const [newest, ...others] = coverage.missing;
  const { sliceMs, newestMs = sliceMs } = coverage;
  const rest = newest === undefined || newest.from >= slice.from ? [] : [newest];
  return {
    ...coverage,
    missing: [...rest.map(({ from }) => ({ from, until: slice.from })), ...others],
    ...(slice.until === coverage.until
      ? { newestMs: Math.min(newestMs * quicker, windowMs) }
      : { sliceMs: Math.min(sliceMs * quicker, windowMs), newestMs }),
  };
}

/** A slice could not be read: less is tried the next time, after a while where there is hardly less. */
export function smaller(coverage: Coverage, isNewest: boolean, now: number): Coverage {
  const { newestMs = coverage.sliceMs } = coverage;
  if (isNewest) {
    const less = lessThan(newestMs);
    return { ...coverage, newestMs: less, sliceMs: Math.min(coverage.sliceMs, less) };
  }
  const sliceMs = lessThan(coverage.sliceMs);
  const rest = sliceMs === shortestMs ? { restUntil: now + restMs } : {};
  return { ...coverage, newestMs, sliceMs, ...rest };
}

function lessThan(ms: number): number {
  return Math.max(Math.floor(ms / slower), shortestMs);
}

/** Whether a slice is left alone now: it is older than what has come since the walk before, and nothing so old could be read. */
export function isResting(
  { until, restUntil = 0 }: Coverage,
  slice: Stretch,
  now: number,
): boolean {
  return now < restUntil && slice.until <= (until ?? now) - overlapMs;
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
