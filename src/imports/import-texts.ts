import { InvalidFileError, InvalidRequestError } from '../domain/errors.ts';
import { type ConflictMode, conflictModes } from '../domain/import.ts';

/** @throws InvalidRequestError */
export function modeOf(text: string): ConflictMode {
  const mode = conflictModes.find((each) => each === (text === '' ? 'error' : text));
  if (mode !== undefined) return mode;
  throw invalid('onConflict', `must be one of ${conflictModes.join(', ')}`);
}

/** @throws InvalidRequestError */
export function isYes(name: string, text: string): boolean {
  if (text === 'true') return true;
  if (text === 'false' || text === '') return false;
  throw invalid(name, 'must be true or false');
}

/** The 400 of a form. */
export function invalid(at: string, message: string): InvalidRequestError {
  return new InvalidRequestError(`The form is not valid: ${at} ${message}.`, {
    outcome: 'not_sent',
    errors: [{ at, message }],
  });
}

/** The 422 of a file in which nothing is. */
export function emptyFile(at: string): InvalidFileError {
  const message = 'must not be empty';
  return new InvalidFileError(`The file ${message}.`, {
    outcome: 'not_sent',
    errors: [{ at, message }],
  });
}
