/** A point in time as RFC 3339 in UTC with exactly three decimals: `2026-11-21T05:06:07.089Z`. */
export type Instant = string;

const pattern =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?\s*(?:([Zz])|([+-]\d\d)(?::?(\d\d))?)?$/;

/** `Date.UTC` takes the years below 100 for those of the twentieth century. */
const firstYearEnds = Date.parse('0002-01-01T00:00:00Z');

/**
 * Reads a date as upstreams write it: any count of decimals, `Z`, `+00:00`, `+0000` or `-05` as offset, UTC without one.
 * Null for anything else, and for the "no date" of .NET (year 1).
 */
export function toInstant(value: unknown): Instant | null {
  if (typeof value !== 'string') return null;
  const found = pattern.exec(value.trim());
  if (found === null) return null;
  const [, day = '', clock = '', decimals = '', , hours, minutes = '00'] = found;
  const zone = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  // `Date.parse` takes hour 24, which RFC 3339 does not have.
  if (!isDay(day) || clock.startsWith('24')) return null;
  const ms = Date.parse(`${day}T${timeOf(clock, decimals)}${zone}`);
  return Number.isNaN(ms) || ms < firstYearEnds ? null : fromEpochMs(ms);
}

/** A leap second (RFC 3339 §5.7) is told as the last moment before it, as JavaScript has none. */
function timeOf(clock: string, decimals: string): string {
  const [hour, minute, second = '00'] = clock.split(':');
  if (second === '60') return `${hour}:${minute}:59.999`;
  return `${hour}:${minute}:${second}.${decimals.slice(0, 3).padEnd(3, '0')}`;
}

/** `Date.parse` takes 30 February for 2 March. */
function isDay(day: string): boolean {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
}

/** The instant at `ms` after 1970-01-01T00:00:00Z; null outside the years that RFC 3339 can write. */
export function fromEpochMs(ms: number): Instant | null {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9999 ? date.toISOString() : null;
}
