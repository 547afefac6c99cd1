import type { Native } from '../domain/native.ts';

const redacted = '[redacted]';

/** For platforms that mark nothing as secret the names of members decide: those that have one of these words in them … */
const secretWords = new Set([
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'passcode',
  'pin',
  'secret',
  'secrets',
  'token',
  'tokens',
  'credential',
  'credentials',
  'authorization',
  'auth',
  'bearer',
  'cookie',
  'signature',
  'sas',
  'apikey',
  'accesskey',
  'privatekey',
  'connectionstring',
]);
/** … or end in `key` alone or behind one of these, … */
const keyWords = new Set([
  'api',
  'access',
  'account',
  'private',
  'secret',
  'shared',
  'signing',
  'subscription',
  'encryption',
  'master',
  'auth',
  'ssh',
  'pgp',
  'gpg',
  'storage',
  'odsl',
]);
/** … but for those that only say where secrets are had or how long they live. */
const harmlessEnds = new Set(['url', 'uri', 'endpoint', 'type', 'lifetime', 'timeout', 'expiry']);

/** Whether the name of a member says that its value is a secret: `clientSecret`, `API_KEY`, `db.password`. */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name);
  const last = words.at(-1) ?? '';
  if (harmlessEnds.has(last)) return false;
  if (words.some((word) => secretWords.has(word))) return true;
  const before = words.at(-2);
  if (last === 'string' && before === 'connection') return true;
  return last === 'key' && (before === undefined || keyWords.has(before));
}

/** `clientSecret`, `CLIENT_SECRET` and `client-secret` have the same words. */
function wordsOf(name: string): string[] {
  const spaced = name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2');
  return spaced.toLowerCase().match(/[\p{L}\d]+/gu) ?? [];
}

/** Beyond this nothing is a setting any more; it only keeps a hostile body from exhausting the stack. */
const deepest = 100;

/** What a platform gives, whole, the values of members with such names replaced. */
export function withoutSecrets(object: Native): Native {
  return members(object, 0);
}

function members(object: Native, depth: number): Native {
  const entries = Object.entries(object).map(([name, value]) => [
    name,
    isSecretName(name) ? hidden(value) : clean(value, depth + 1),
  ]);
  return Object.fromEntries(entries) as Native;
}

/** What stands for a secret value; yes, no and nothing give nothing away. */
export function hidden(value: unknown): unknown {
  return value === null || value === undefined || typeof value === 'boolean' ? value : redacted;
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > deepest) return '[nested too deeply]';
  if (Array.isArray(value)) return value.map((each: unknown) => clean(each, depth + 1));
  return members(value as Native, depth);
}
