import { InvalidRequestError } from '../domain/errors.ts';

/** The longest that a caller may ask to wait, in seconds. */
const longestWaitSeconds = 60;

/** What stands between commas, those within quotes left alone. */
const listed = /(?:"(?:[^"\\]|\\.)*"|[^,])+/g;

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
  // What follows a semicolon are parameters, and there are none that mean anything here.
  const preferences = (text.match(listed) ?? []).map((each) =>
    each.replace(/;.*/, '').trim().toLowerCase(),
  );
  // An empty value is none (RFC 7240 §2).
  const wait = preferences.find((each) => /^wait(\s*=|$)/.test(each))?.replace(/\s*=\s*("")?$/, '');
  // Together they mean: at once where it can be had within that time, else asynchronously (RFC 7240 §4.3).
  if (wait === undefined) {
    const isAsync = preferences.includes('respond-async');
    return { waitMs: null, applied: isAsync ? 'respond-async' : null };
  }
  const seconds =
    /^wait\s*=\s*"?(\d{1,3})"?$/.exec(wait)?.[1] ??
    (wait === 'wait' ? String(longestWaitSeconds) : null);
  if (seconds === null || Number(seconds) > longestWaitSeconds) {
    throw new InvalidRequestError(
      `Prefer: wait takes a whole number of seconds, ${longestWaitSeconds} at most.`,
      {
        errors: [
          { at: 'Prefer', message: `wait must be a whole number from 0 to ${longestWaitSeconds}` },
        ],
      },
    );
  }
  return { waitMs: Number(seconds) * 1_000, applied: `wait=${seconds}` };
}
