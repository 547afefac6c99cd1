import { z } from 'zod';
import { connectionFields } from './connection.config.ts';

/** Words of the library for what a value should be, as people say it. */
const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section with members',
  record: 'a section with members',
};
/** What a message begins with that is the library's own. */
const ownWords = /^(Invalid|Too) /;

/** `connections.billing.baseUrl: must be …`; members that nobody knows are each named. */
export function describeIssue(
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[] = [],
): string[] {
  const path = [...above, ...issue.path];
  const at = path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...path.map(String), key].join('.')} is not known here`);
  }
  if (issue.code === 'invalid_key') return issue.issues.map((each) => `${at}: ${each.message}`);
  if (issue.code === 'invalid_union') return describeUnion(issue, path, at);
  if (issue.code === 'invalid_type' && issue.input === undefined) return [`${at} is missing`];
  if (issue.code === 'invalid_type' && issue.input === null) return [`${at} is empty`];
  const said = ownWords.test(issue.message) ? inWords(issue) : issue.message;
  return [at === '' ? said : `${at}: ${said}`];
}

/** Of the alternatives, the one that was meant: the first that the value is of the right type for. */
function describeUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly PropertyKey[],
  at: string,
): string[] {
  if (issue.discriminator !== undefined) {
    const known = 'options' in issue ? (issue.options ?? []).map(String).join(', ') : '';
    const more = issue.discriminator === 'platform' ? ofAnyPlatform(issue.input, path) : [];
    return [`${at}: must be one of ${known}`, ...more];
  }
  const isSaid = issue.message !== 'Invalid input';
  if (issue.input === undefined)
    return [isSaid ? `${at} is missing: it ${issue.message}` : `${at} is missing`];
  const meant = issue.errors.find((branch) =>
    branch.every((each) => each.code !== 'invalid_type' || each.path.length > 0),
  );
  if (meant === undefined || isSaid) return [`${at}: ${issue.message}`];
  return meant.flatMap((each) => describeIssue(each, path));
}

/** What is wrong with a connection whatever its platform, where nobody knows that. */
function ofAnyPlatform(connection: unknown, path: readonly PropertyKey[]): string[] {
  const { error } = z.looseObject(connectionFields).safeParse(connection, { reportInput: true });
  return (error?.issues ?? []).flatMap((issue) => describeIssue(issue, path.slice(0, -1)));
}

function inWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.origin === 'string'
        ? 'must not be empty'
        : `must be ${String(issue.minimum)} at least`;
    case 'too_big':
      return issue.origin === 'string'
        ? `must have ${String(issue.maximum)} characters at most`
        : `must be ${String(issue.maximum)} at most`;
    default:
      return issue.message;
  }
}
