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
