import { pino } from 'pino';

/** Names of members that hold a credential, without their signs, in lower case. */
const secretEnds =
  /(password|passwd|pwd|passphrase|secret|token|credentials?|authorization|cookie|apikey|accesskey|privatekey|cursorkey)$/;
/** What a configured API key is called, and the headers of platforms that take one. */
const keyName = /^(x-.*-)?key$/i;
/** `redis://user:password@host` */
const userinfo = /\b([a-z][a-z\d+.-]*:\/\/)[^\s/?#@]+@/gi;

const censor = '[redacted]';
/** Beyond this nobody reads a log line any more. */
const deepest = 12;

/** What is logged, with every credential replaced, wherever it stands; errors with what hangs on them. */
export function redacted(object: object): Record<string, unknown> {
  return members(object, []);
}

function members(object: object, above: readonly object[]): Record<string, unknown> {
  const entries = Object.entries(object).map(([name, value]: [string, unknown]) => [
    name,
    isSecret(name) && value !== null && value !== undefined ? censor : clean(value, above),
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function isSecret(name: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z\d]/g, '');
  return keyName.test(name) || secretEnds.test(plain);
}

function clean(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'string') return value.replace(userinfo, `$1${censor}@`);
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[circular]';
  if (above.length > deepest) return '[nested too deeply]';
  const path = [...above, value];
  if (value instanceof Error) return members(pino.stdSerializers.err(value), path);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((each: unknown) => clean(each, path));
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === 'function') return clean(Reflect.apply(toJSON, value, []), path);
  return members(value, path);
}
