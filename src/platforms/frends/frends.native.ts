import type { Native } from '../../domain/native.ts';
import { hidden, isSecretName } from '../secret-names.ts';
import type { ProcessListItemWire } from './frends.wire.ts';

const listFields = [
  'id',
  'uniqueIdentifier',
  'version',
  'majorVersion',
  'minorVersion',
  'name',
  'description',
  'changeDescription',
  'modified',
  'modifier',
  'isSubprocess',
  'isForMonitoringRule',
  'targetFramework',
  'frendsVersion',
  'cancellationDisabled',
] as const satisfies readonly (keyof ProcessListItemWire)[];

/** What a list keeps of a version: no variables, no triggers, nothing that grows with the process. */
export function slimNative(wire: ProcessListItemWire): Native {
  const present = listFields.filter((field) => wire[field] !== undefined);
  return Object.fromEntries(present.map((field) => [field, wire[field]]));
}

/** A version or deployment as the platform gives it, whole, its secret values replaced. */
export function wholeNative(wire: Native): Native {
  return members(wire, { depth: 0, byName: false });
}

const redacted = '[redacted]';
/** Names that hold the value of a variable or parameter, in lower case. */
const valueNames = new Set(['value', 'defaultvalue', 'nonstringifieddefaultvalue']);
/** Defaults of manual parameters, repeated by position where nothing says which of them is secret. */
const positionalDefault = /^manualTriggerDefaultValue/i;
const mayHoldSecrets = /isSecret|manualTriggerDefaultValue/i;
/** Beyond this nothing is a variable any more; it only keeps a hostile body from exhausting the stack. */
const deepest = 100;

/** The settings of triggers have no mark for secrets: in these, also in templates, the names of members decide too. */
const triggerMembers = /^triggers?(?:Data|Json)?$/i;

/** How a value is read: how deep it stands, and whether the names of its members say what is secret. */
interface Reading {
  readonly depth: number;
  readonly byName: boolean;
}

function clean(value: unknown, reading: Reading): unknown {
  if (typeof value === 'string') return cleanText(value, reading);
  if (typeof value !== 'object' || value === null) return value;
  if (reading.depth > deepest) return '[nested too deeply]';
  const inside = { ...reading, depth: reading.depth + 1 };
  if (Array.isArray(value)) return value.map((each: unknown) => clean(each, inside));
  return members(value as Native, reading);
}

function members(object: Native, { depth, byName }: Reading): Native {
  const isHidden = hiddenIn(object);
  const entries = Object.entries(object).map(([name, value]) => {
    if (isHidden(name)) return [name, value === null ? null : redacted] as const;
    if (byName && isSecretName(name)) return [name, hidden(value)] as const;
    const inside = { depth: depth + 1, byName: byName || triggerMembers.test(name) };
    return [name, clean(value, inside)] as const;
  });
  return Object.fromEntries(entries);
}

/** Says of each member of an object whether its value is a secret by the platform's own marks. */
export function hiddenIn(object: Native): (name: string) => boolean {
  const secret = isSecret(object);
  return (name) => positionalDefault.test(name) || (secret && valueNames.has(name.toLowerCase()));
}

/** Anything but a plain no counts as a yes. The name is camel case in answers and Pascal case in JSON within JSON. */
export function isSecret(object: Native): boolean {
  return Object.entries(object).some(
    ([name, value]) =>
      name.toLowerCase() === 'issecret' && value !== false && value !== null && value !== undefined,
  );
}

/** Members such as `processVariablesJson` carry JSON in a string; what looks like it and cannot be read is hidden whole. */
function cleanText(text: string, { depth, byName }: Reading): string {
  if (!/^\s*[[{]/.test(text) || !(byName || mayHoldSecrets.test(text))) return text;
  try {
    return JSON.stringify(clean(JSON.parse(text), { depth: depth + 1, byName }));
  } catch {
    return mayHoldSecrets.test(text) || wordsOf(text).some(isSecretName) ? redacted : text;
  }
}

function wordsOf(text: string): readonly string[] {
  return text.match(/[\p{L}\d_.-]+/gu) ?? [];
}
