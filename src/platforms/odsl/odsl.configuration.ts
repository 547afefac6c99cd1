import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';
import { isServerField } from './odsl.native.ts';
import { isTooDeep, placeOf, withSecretsOf } from './odsl.secrets.ts';
import { type ProcessWire, processWire } from './odsl.wire.ts';

/** What a caller wants a configuration to be. */
export interface Wish {
  /** Members with their values; null takes one away. */
  readonly members: Native;
  /** Whether the members that the platform documents go where they are left out. */
  readonly replaces: boolean;
}

/** What is saved to have it so. */
export interface Merged {
  readonly body: Native;
  /** Members that stand and are to go. */
  readonly dropped: readonly string[];
  /** Where a placeholder stands for a secret that there is none of. */
  readonly unknownSecrets: readonly string[];
}

const type = 'VarProcess';
/** Members of the entity table that a replacement takes away; no process is without `name` and `enabled`, and those stay. */
const replaceable = new Set([
  'service',
  'description',
  'script',
  'workflow',
  'cron',
  'input',
  'properties',
  'settings',
  'tags',
]);

/** Whether a replacement that leaves a member out takes it away. */
export function isReplaceable(field: string): boolean {
  return replaceable.has(field);
}

/** The whole configuration that is to be: pages contradict each other on whether the platform merges what it is sent. */
export function mergedWith(id: string, stands: ProcessWire | null, wish: Wish): Merged {
  const there = stands === null ? {} : contentOf(stands);
  const { value, unknown } = withSecretsOf(there, wish.members);
  const named = Object.entries(value).filter(([field]) => isContent(field));
  const goes = (field: string): boolean =>
    Object.hasOwn(wish.members, field)
      ? wish.members[field] === null && field !== 'name'
      : wish.replaces && isReplaceable(field);
  const dropped = Object.keys(there).filter(goes);
  const kept = Object.entries(there).filter(([field]) => !dropped.includes(field));
  const given = named.filter(([, each]) => each !== null);
  const name = stands === null ? [['name', id] as const] : [];
  const fields = Object.fromEntries([...name, ...kept, ...given]) as Native;
  return { body: { _id: id, _type: type, ...fields }, dropped, unknownSecrets: unknown };
}

/** How a configuration compares with what it is to be. */
export interface Comparison {
  /** Members that stand though they were to go. */
  readonly kept: readonly string[];
}

/** How a configuration compares with a wish; null where it is another. */
export function compared(stands: ProcessWire, wish: Wish): Comparison | null {
  const { body, dropped, unknownSecrets } = mergedWith(stands._id, stands, wish);
  if (unknownSecrets.length > 0) return null;
  const there = contentOf(stands);
  const rest = Object.entries(there).filter(([field]) => !dropped.includes(field));
  if (!isDeepStrictEqual(filled(Object.fromEntries(rest)), filled(contentOf(body)))) return null;
  return { kept: Object.keys(filled(there)).filter((field) => dropped.includes(field)) };
}

/** Whether nothing is left to do. */
export function isAsWished(stands: ProcessWire, wish: Wish): boolean {
  return compared(stands, wish)?.kept.length === 0;
}

/** Everything that is wrong with a configuration for the process of this id. */
export function flawsOf(id: string, members: Native): FieldError[] {
  const { _id: named, _type: kind, script, workflow } = members;
  const deep = Object.keys(members).filter((field) => isTooDeep(members[field]));
  if (deep.length > 0) return deep.map((at) => ({ at, message: 'must not be nested so deeply' }));
  const flaws = (processWire.safeParse({ ...members, _id: id }).error?.issues ?? [])
    // What the platform adds is left out of what is saved, whatever it is.
    .filter(({ path: [field] }) => !isServerField(String(field)))
    .map((issue) => ({ at: placeOf(issue.path), message: expectation(issue) }));
  if (named !== undefined && named !== id)
    flaws.push({ at: '_id', message: `must be the key of the process, ${id}, or be left out` });
  if (kind !== undefined && kind !== null && kind !== type)
    flaws.push({ at: '_type', message: `must be ${type}, or be left out` });
  if (!isBlank(script) && !isBlank(workflow))
    flaws.push({ at: 'workflow', message: 'must be left out where there is a script' });
  return flaws;
}

const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  record: 'an object',
  string: 'a text',
};

function expectation(issue: { readonly code: string; readonly expected?: unknown }): string {
  const kind = kinds[String(issue.expected)];
  return kind === undefined ? 'is not valid' : `must be ${kind}`;
}

/** Everything but what the platform keeps itself; a member that is null is none. */
export function contentOf(configuration: Native): Native {
  const own = Object.entries(configuration).filter(
    ([field, value]) => isContent(field) && value !== null,
  );
  return Object.fromEntries(own);
}

export function isContent(field: string): boolean {
  return field !== '_type' && !isServerField(field);
}

/** Without what is empty: the platform may show such a member or not. */
export function filled(content: Native): Native {
  return Object.fromEntries(Object.entries(content).filter(([, value]) => !isBlank(value)));
}

function isBlank(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
