import type { Native } from '../../domain/native.ts';
import { withoutSecrets } from '../secret-names.ts';
import type { ProcessWire } from './odsl.wire.ts';

/** What the platform keeps of a stored item itself; the rest is the configuration. */
const serverFields = new Set(['_id', '_oid', '_version', '_timestamp', '_user', '_tag']);

/** Whether the platform keeps a member itself, so that nobody can save it. */
export function isServerField(field: string): boolean {
  return serverFields.has(field);
}

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

/** What `PUT` would take: everything but what the platform adds, secret values replaced. */
export function configurationOf(wire: ProcessWire): Native {
  const own = Object.entries(withoutSecrets(wire)).filter(([field]) => !serverFields.has(field));
  return Object.fromEntries(own);
}
