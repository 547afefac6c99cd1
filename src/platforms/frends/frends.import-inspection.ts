import { type ErrorDetails, InvalidFileError } from '../../domain/errors.ts';
import type { Inspection, ReadablePackage } from '../../domain/import.ts';
import { readExport } from './export-reading.ts';

/**
 * What an export file holds, read as a stream. Its contents are prints, in the order of its processes, by which they are
 * known again.
 * @throws InvalidFileError
 */
export async function inspectExport(
  file: ReadablePackage,
  refused: ErrorDetails,
  signal: AbortSignal,
): Promise<Inspection> {
  const { errors, processes } = await readExport(() => file.open(), signal);
  const [first] = errors;
  if (first !== undefined)
    throw new InvalidFileError(
      `${file.name} cannot be imported into Frends: ${first.at} ${first.message}.`,
      { ...refused, outcome: 'not_sent', errors },
    );
  return {
    items: processes.map(({ guid, name, version }) => ({ process: guid, name, version })),
    contents: { prints: processes.map(({ print }) => print) },
  };
}
