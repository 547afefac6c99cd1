import type { z } from 'zod';
import type { UpstreamContractError } from '../domain/errors.ts';
import type { UpstreamHeaders } from './upstream-failure.ts';

type Broken = (problem: string) => UpstreamContractError;

const namedIssues = 3;

/** Parses a body as JSON (RFC 8259; a byte order mark is skipped). What a proxy or a login page sends is refused by name. */
export function parseJson(body: Buffer, headers: UpstreamHeaders, broken: Broken): unknown {
  const type = headers['content-type'] ?? 'no content type';
  const text = body.toString('utf8').replace(/^\uFEFF/, '');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw broken(`${body.length} bytes of ${type.slice(0, 80)} that are not JSON`);
  }
}

/** The value as the schema gives it; the refusal names the members that are wrong, never their values. */
export function checked<S extends z.ZodType>(
  schema: S,
  value: unknown,
  broken: Broken,
): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${at(issue.path)} ${expectation(issue)}`);
  const more = issues.length > namedIssues ? ` and ${issues.length - namedIssues} more` : '';
  throw broken(`${issues.slice(0, namedIssues).join(', ')}${more}`);
}

function at(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the body';
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function expectation(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_type' ? `must be ${issue.expected}` : 'is not valid';
}
