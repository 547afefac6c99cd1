import type { Native } from '../../domain/native.ts';
import type { ProcessWire } from './odsl.wire.ts';

/** What the platform keeps of a stored item itself; the rest is the configuration. */
const serverFields = new Set(['_id', '_oid', '_version', '_timestamp', '_user', '_tag']);

const listFields = [
  '_id',
  '_type',
  '_version',
  '_timestamp',
  '_user',
  '_tag',
  'service',
  'name',
  'description',
  'script',
  'workflow',
  'cron',
  'enabled',
  'environment',
  'tags',
] as const satisfies readonly (keyof ProcessWire)[];

/** What a list keeps of a process: not its input, properties and settings, which may be large. */
export function slimNative(wire: ProcessWire): Native {
  const present = listFields.filter((field) => wire[field] !== undefined);
  return Object.fromEntries(present.map((field) => [field, wire[field]]));
}

/** What the platform gives, whole, its secret values replaced. */
export function withoutSecrets(object: Native): Native {
  return members(object, 0);
}

/** What `PUT` would take: everything but what the platform adds, secret values replaced. */
export function configurationOf(wire: ProcessWire): Native {
  const own = Object.entries(withoutSecrets(wire)).filter(([field]) => !serverFields.has(field));
  return Object.fromEntries(own);
}

const redacted = '[redacted]';

/** The platform marks nothing as secret, so the names of members decide: those that have one of these words in them … */
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

function members(object: Native, depth: number): Native {
  const entries = Object.entries(object).map(([name, value]) => [
    name,
    isSecretName(name) ? hidden(value) : clean(value, depth + 1),
  ]);
  return Object.fromEntries(entries) as Native;
}

/** Yes, no and nothing give nothing away. */
function hidden(value: unknown): unknown {
  return value === null || value === undefined || typeof value === 'boolean' ? value : redacted;
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > deepest) return '[nested too deeply]';
  if (Array.isArray(value)) return value.map((each: unknown) => clean(each, depth + 1));
  return members(value as Native, depth);
}
