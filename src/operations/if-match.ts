import { InvalidRequestError } from '../domain/errors.ts';

const message = 'must be one version in quotes, as "7", or *';

/**
 * What `If-Match` names (RFC 9110 §13.1.1): a version, `*`, or null without one.
 * @throws InvalidRequestError for a weak tag, which never matches, and for several
 */
export function ifMatchOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  const text = header.trim();
  if (text === '*') return text;
  const [, version] = /^"([^"]{1,200})"$/.exec(text) ?? [];
  if (version !== undefined) return version;
  throw new InvalidRequestError(`If-Match ${message}.`, {
    outcome: 'not_sent',
    errors: [{ at: 'If-Match', message }],
  });
}

const tokenMessage = 'must be the planToken of a plan, in quotes';

/**
 * The plan that `If-Match` names by its token, or null without one.
 * @throws InvalidRequestError for anything else: `*` and versions say nothing of a plan
 */
export function planTokenIn(header: string | undefined): string | null {
  if (header === undefined) return null;
  const [, token] = /^"([\w-]{43})"$/.exec(header.trim()) ?? [];
  if (token !== undefined) return token;
  throw new InvalidRequestError(`If-Match ${tokenMessage}.`, {
    outcome: 'not_sent',
    errors: [{ at: 'If-Match', message: tokenMessage }],
  });
}

/** @throws InvalidRequestError as no platform can make something only where there is none */
export function noIfNoneMatch(header: string | undefined): void {
  if (header === undefined) return;
  throw new InvalidRequestError('If-None-Match is not heeded by changes: leave it out.', {
    outcome: 'not_sent',
    errors: [{ at: 'If-None-Match', message: 'is not heeded by changes' }],
  });
}

/** @throws InvalidRequestError where it cannot be held against anything: unheeded, it would be worse than refused */
export function noIfMatch(header: string | undefined): void {
  if (header === undefined) return;
  const where = 'is heeded by PUT and PATCH of a process, imports and promotions only';
  throw new InvalidRequestError(`If-Match ${where}: leave it out here.`, {
    outcome: 'not_sent',
    errors: [{ at: 'If-Match', message: where }],
  });
}
