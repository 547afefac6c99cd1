import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { z } from 'zod';

/** A credential. It prints as `[redacted]` wherever it lands by accident; only `reveal` gives it away. */
export class Secret {
  readonly #read: () => string;

  constructor(read: () => string) {
    this.#read = read;
  }

  /** The credential as it stands now: files are read anew, because Kubernetes rotates them. */
  reveal(): string {
    return this.#read();
  }

  toJSON(): string {
    return '[redacted]';
  }

  toString(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

const fromEnvironment = z.strictObject({
  env: z.string().min(1).meta({ description: 'Name of the environment variable that holds it.' }),
});
const fromFile = z.strictObject({
  file: z
    .string()
    .min(1)
    .meta({ description: 'Path of the file that holds it; a last line break is cut off.' }),
});

/** A credential by reference: `{env: NAME}` or `{file: PATH}`. Never the credential itself. */
export const secret = z
  .union(
    [fromEnvironment, fromFile],
    'must be {env: NAME} or {file: PATH}, never the secret itself',
  )
  .transform((reference, context) => {
    const read =
      'env' in reference
        ? () => process.env[reference.env] ?? ''
        : () => readFileSync(reference.file, 'utf8').replace(/\r?\n$/, '');
    const problem = missing(read, reference);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
    return new Secret(read);
  });

/** What is wrong with an address that is no `isRedisUrl`. */
export const notRedisUrl =
  'must be a redis:// or rediss:// URL, with the number of a database as its path at most';

/** A Redis URL: as it is when it holds no password, else by reference. */
export const redisUrl = z.union([
  z
    .string()
    .refine(isRedisUrl, notRedisUrl)
    .refine(
      (text) => !isRedisUrl(text) || new URL(text).password === '',
      'holds a password: give it by {env: NAME} or {file: PATH}',
    )
    .transform((text) => new Secret(() => text)),
  secret.refine(
    (held) => isRedisUrl(held.reveal()),
    'holds no redis:// or rediss:// URL with a database number at most',
  ),
]);

/** Whether a text is an address that the Redis client takes; its path may be the number of a database. */
export function isRedisUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, searchParams } = new URL(text);
  if (!/^rediss?:$/.test(protocol) || searchParams.has('db')) return false;
  return /^(\/\d{0,5})?$/.test(pathname);
}

function missing(read: () => string, reference: { env: string } | { file: string }): string | null {
  const where =
    'env' in reference ? `the environment variable ${reference.env}` : `the file ${reference.file}`;
  try {
    const held = read();
    if (held === '') return `${where} is not set or empty`;
    // No header can carry it, and who would cut it out would send another secret.
    return /[\r\n\0]/.test(held) ? `${where} holds a line break within the secret` : null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return `${where} cannot be read (${code})`;
  }
}
