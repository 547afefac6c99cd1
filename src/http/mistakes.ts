import { type FieldError, InvalidRequestError } from '../domain/errors.ts';

/** So many of its mistakes a request is told; a person mends no more at once, and an answer stays small. */
const mostErrors = 20;

/** The error of a request with these mistakes. */
export function invalid(
  part: 'query' | 'body',
  errors: readonly FieldError[],
  details: { readonly outcome?: 'not_sent' } = {},
): InvalidRequestError {
  const told = errors.slice(0, mostErrors);
  const more = errors.length > told.length ? `; and ${errors.length - told.length} more` : '';
  const all = told.map(({ at, message }) => `${at} ${message}`).join('; ');
  return new InvalidRequestError(`The ${part} is not valid: ${all}${more}.`, {
    errors: told,
    ...details,
  });
}
