import { InvalidRequestError } from '../domain/errors.ts';

/** The longest that a caller may ask to wait, in seconds. */
const longestWaitSeconds = 60;

/** What stands between commas, those within quotes left alone; a quote that nobody closes reaches to the end. */
const listed = /(?:"(?:[^"\\]|\\.?)*(?:"|$)|[^",])+/g;

/** What a request's `Prefer` (RFC 7240) asks for. */
export interface Preference {
  /** In ms; null when it does not ask to wait. */
  readonly waitMs: number | null;
  /** For `Preference-Applied`; null when nothing was asked that is done here. */
  readonly applied: string | null;
}

/** Reads `wait` (seconds) and `respond-async`; unknown preferences are ignored, as RFC 7240 §2 asks. */
export function preferenceOf(header: string | string[] | undefined): Preference {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  const preferences = new Map((text.match(listed) ?? []).map(namedValue).reverse());
  const wait = preferences.get('wait');
  // Together they mean: at once where it can be had within that time, else asynchronously (RFC 7240 §4.3).
  if (wait === undefined) {
    const isAsync = preferences.has('respond-async');
    return { waitMs: null, applied: isAsync ? 'respond-async' : null };
  }
  const seconds = wait === '' ? longestWaitSeconds : Number(/^\d{1,3}$/.exec(wait)?.[0]);
  if (seconds <= longestWaitSeconds) return { waitMs: seconds * 1_000, applied: `wait=${seconds}` };
  const message = `wait must be a whole number from 0 to ${longestWaitSeconds}`;
  throw new InvalidRequestError(
    `Prefer: wait takes a whole number of seconds, ${longestWaitSeconds} at most.`,
    { errors: [{ at: 'Prefer', message }] },
  );
}

/** A preference by its name, in lower case, and its value; an empty value is none (RFC 7240 §2). */
function namedValue(text: string): [name: string, value: string] {
  // What follows a semicolon are parameters, and there are none that mean anything here.
  const [preference = ''] = text.split(';', 1);
  const at = preference.indexOf('=');
  if (at < 0) return [preference.trim().toLowerCase(), ''];
  const value = preference.slice(at + 1).trim();
  const name = preference.slice(0, at).trim().toLowerCase();
  return [name, /^"(.*)"$/.exec(value)?.[1] ?? value];
}
