import { z } from 'zod';
import type { FieldError } from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';
import { hidden } from '../secret-names.ts';

/** `ReleaseDto.InputArguments`. */
const longestInput = 10_000;
const shownForSecrets = String(hidden(''));

const inputArguments = z
  .record(z.string(), z.unknown(), 'must be an object; an empty one takes them away')
  .refine((input) => JSON.stringify(input).length <= longestInput, {
    message: `must not be longer than ${longestInput} characters as JSON`,
  })
  .refine((input) => !JSON.stringify(input).includes(shownForSecrets), {
    message: `must give the secrets anew: ${shownForSecrets} only stands for them in answers`,
  });

/** What may be said of a deployment, in the words that a deployment shows; null leaves a thing as it is. */
const settingsSchema = z.strictObject({
  jobPriority: z.enum(['Low', 'Normal', 'High'], 'must be Low, Normal or High').nullish(),
  specificPriority: z
    .int('must be a whole number from 1 to 100')
    .min(1, 'must be 1 or more')
    .max(100, 'must be 100 or less')
    .nullish(),
  autoUpdate: z.boolean('must be true or false').nullish(),
  inputArguments: inputArguments.nullish(),
  entryPointPath: z
    .string('must be the path of a workflow in the package')
    .min(1, 'must be the path of a workflow in the package')
    .nullish(),
  processType: z.null('must be left out: it follows from the package').optional(),
});

const known = Object.keys(settingsSchema.shape).filter((name) => name !== 'processType');

/** Settings as the platform takes them, members of `ReleaseDto`, or everything that is wrong with them. */
export interface ReadSettings {
  readonly body: Readonly<Record<string, unknown>>;
  readonly errors: readonly FieldError[];
}

export function readSettings(settings: Native | null | undefined): ReadSettings {
  const { data, error } = settingsSchema.safeParse(settings ?? {});
  if (data === undefined) return { body: {}, errors: error.issues.flatMap(errorsOf) };
  const input = data.inputArguments ?? null;
  const members = {
    JobPriority: data.jobPriority,
    SpecificPriorityValue: data.specificPriority,
    AutoUpdate: data.autoUpdate,
    InputArguments: input === null ? null : JSON.stringify(input),
    EntryPointPath: data.entryPointPath,
  };
  return { body: said(members), errors: [] };
}

/** Without what was not said: old builds take no nulls. */
export function said(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = Object.entries(members).filter(([, value]) => (value ?? null) !== null);
  return Object.fromEntries(given);
}

function errorsOf(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code !== 'unrecognized_keys')
    return [{ at: ['settings', ...issue.path.map(String)].join('.'), message: issue.message }];
  const message = `is no setting of a deployment here; there are ${known.join(', ')}`;
  return issue.keys.map((key) => ({ at: `settings.${key}`, message }));
}
