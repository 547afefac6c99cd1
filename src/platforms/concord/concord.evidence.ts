import { z } from 'zod';
import { InternalError } from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';

const object = z.record(z.string(), z.unknown());
const file = z.object({ name: z.string(), id: z.string(), length: z.number() });
const place = z.object({
  organization: z.string(),
  project: z.string(),
  repository: z.string(),
  flow: z.string(),
});

/** Everything that sending a start takes, and finding it again. */
const startEvidence = z.object({
  style: z.enum(['form', 'path']),
  place,
  request: object,
  out: z.array(z.string()),
  branch: z.string().nullable(),
  commit: z.string().nullable(),
  mark: z.string(),
});
export type StartEvidence = z.output<typeof startEvidence>;

/** The same of a start that brings its files. */
const filesEvidence = z.object({
  place: place.nullable(),
  entryPoint: z.string().nullable(),
  archive: file.nullable(),
  files: z.array(file),
  request: object,
  parameters: z.record(z.string(), z.string()),
  mark: z.string(),
});
export type FilesEvidence = z.output<typeof filesEvidence>;

export function startEvidenceOf(evidence: Native): StartEvidence {
  return read(startEvidence, evidence);
}

export function filesEvidenceOf(evidence: Native): FilesEvidence {
  return read(filesEvidence, evidence);
}

function read<S extends z.ZodType>(schema: S, evidence: Native): z.output<S> {
  const result = schema.safeParse(evidence);
  if (result.success) return result.data;
  throw new InternalError('What was written down of a start cannot be read any more.', {
    sent: 'no',
    cause: result.error,
  });
}
