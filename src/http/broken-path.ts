import { InvalidRequestError } from '../domain/errors.ts';

/** Why a path leads nowhere that a percent sign keeps from being read (RFC 3986 §2.1). */
export function brokenPath(path: string): InvalidRequestError {
  const part = path.split('/').find(isBroken) ?? path;
  return new InvalidRequestError(`The path has a broken percent-escape: ${part}`, {
    errors: [{ at: 'path', message: 'a percent sign must start an escape of UTF-8, as %20' }],
  });
}

function isBroken(segment: string): boolean {
  try {
    decodeURIComponent(segment);
    return false;
  } catch {
    return true;
  }
}
