import { NotFoundError, StoreUnavailableError } from '../domain/errors.ts';

export function noSuchFile(id: string): NotFoundError {
  return new NotFoundError(`There is no file "${id}".`);
}

/** The error of a store; `why` is a word or two for people, as `ENOSPC`. */
export function notStored(why: string, cause?: unknown): StoreUnavailableError {
  return new StoreUnavailableError(`Files cannot be stored (${why}), so nothing was done.`, {
    outcome: 'not_sent',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The same of one that cannot be opened. */
export function notOpened(why: string, cause?: unknown): StoreUnavailableError {
  return new StoreUnavailableError(`A stored file cannot be opened (${why}).`, {
    outcome: 'not_sent',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The same of one whose reading breaks off: what was made of its beginning may have left already. */
export function brokenOff(why: string, cause?: unknown): StoreUnavailableError {
  return new StoreUnavailableError(
    `Reading a stored file broke off (${why}).`,
    cause === undefined ? {} : { cause },
  );
}

/** The same of tidying up. */
export function notRemoved(why: string, cause?: unknown): StoreUnavailableError {
  return new StoreUnavailableError(`Stored files cannot be removed (${why}).`, {
    outcome: 'not_sent',
    ...(cause === undefined ? {} : { cause }),
  });
}
