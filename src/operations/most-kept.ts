import { InvalidFileError } from '../domain/errors.ts';
import type { Inspection } from '../domain/import.ts';

/** Kept of what files bring, in bytes of JSON: Redis has it for a month, and once more for each change of its operation. */
export const mostKeptBytes = 1_024 ** 2;

/** Where that is said, by what brings them. */
const places = { file: 'file', promotion: 'items' } as const;

/** How much an operation keeps of a file, in bytes. */
export function keptBytesOf({ items, contents }: Inspection): number {
  return Buffer.byteLength(JSON.stringify({ items, contents }));
}

/** @throws InvalidFileError when `bytes` are more than an operation may keep of what it brings */
export function refuseTooMuch(bytes: number, what: keyof typeof places): void {
  if (bytes <= mostKeptBytes) return;
  const message = `must bring less at once: the names in it are more than the ${mostKeptBytes} bytes that are kept of a ${what}`;
  throw new InvalidFileError(`The ${what} ${message}.`, {
    outcome: 'not_sent',
    errors: [{ at: places[what], message }],
  });
}
