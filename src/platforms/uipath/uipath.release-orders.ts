import { createHash } from 'node:crypto';
import { z } from 'zod';
import { compareNugetVersions } from './nuget-version.ts';
import type { ReleaseBody } from './uipath.changes-client.ts';
import type { ReleaseWire } from './uipath.wire.ts';

/** Which release, and where it is found again. */
const which = { release: z.string(), name: z.string(), process: z.string() };
const body = z.record(z.string(), z.unknown());

/** What one request does to the releases of the connection's folder. */
export const releaseOrder = z.discriminatedUnion('kind', [
  /** Where none of its name stood. */
  z.object({
    kind: z.literal('create'),
    process: z.string(),
    name: z.string(),
    version: z.string(),
    body,
  }),
  z.object({ kind: z.literal('move'), ...which, from: z.string(), to: z.string() }),
  /** `fromId` is the number of the entry in its history that it stood at: versions may come again. */
  z.object({
    kind: z.literal('rollback'),
    ...which,
    from: z.string(),
    fromId: z.int().nullable(),
    to: z.string(),
  }),
  /** `before` is what `markOf` made of the members that it changes: their values may be secret. */
  z.object({ kind: z.literal('change'), ...which, body, before: z.string() }),
  z.object({ kind: z.literal('remove'), ...which }),
]);
export type ReleaseOrder = z.output<typeof releaseOrder>;
export type OrderOf<K extends ReleaseOrder['kind']> = Extract<ReleaseOrder, { readonly kind: K }>;

/** How an order names a release. */
export function whichOf(wire: ReleaseWire): Pick<OrderOf<'remove'>, keyof typeof which> {
  return { release: String(wire.Id), name: nameOf(wire), process: wire.ProcessKey };
}

/** What people call a release. */
export function nameOf({ Name, ProcessKey }: ReleaseWire): string {
  return Name === null || Name === undefined || Name === '' ? ProcessKey : Name;
}

/** Whether two spellings mean one version: `1.0` is `1.0.0`. */
export function sameVersion(a: string, b: string): boolean {
  return a === b || compareNugetVersions(a, b) === 0;
}

/** Old builds write their enums as numbers. */
const priorities = ['Low', 'Normal', 'High'];

/** A member of a release so that two readings of it compare: empty is empty, however it is written. */
function plain(member: string, value: unknown): unknown {
  if (member === 'JobPriority' && typeof value === 'number') return priorities[value] ?? value;
  if (member === 'AutoUpdate') return value === true;
  if (member === 'InputArguments' && typeof value === 'string') return plainJson(value);
  return value === '' ? null : (value ?? null);
}

function plainJson(text: string): unknown {
  try {
    const value = inOrder(JSON.parse(text));
    return JSON.stringify(value) === '{}' ? null : value;
  } catch {
    // Not every server makes sure that it is JSON.
    return text.trim() === '' ? null : text;
  }
}

/** JSON whose members stand in the order of their names. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, each]) => [name, inOrder(each)]));
}

/** The members of a body that a release does not have so already. */
export function differing(wire: ReleaseWire, wanted: ReleaseBody): Record<string, unknown> {
  const other = Object.entries(wanted).filter(
    ([member, value]) => textOf(member, wire[member]) !== textOf(member, value),
  );
  return Object.fromEntries(other);
}

/** What tells whether the members of a body are still as they were, without giving them away. */
export function markOf(wire: ReleaseWire, members: ReleaseBody): string {
  const values = Object.keys(members)
    .sort()
    .map((member) => textOf(member, wire[member]));
  return createHash('sha256').update(values.join('\n')).digest('base64url');
}

function textOf(member: string, value: unknown): string {
  return JSON.stringify(plain(member, value));
}
