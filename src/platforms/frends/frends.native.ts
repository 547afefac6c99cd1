import type { Native } from '../../domain/native.ts';
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
  return members(wire, 0);
}

const redacted = '[redacted]';
/** Names that hold the value of a variable or parameter, in lower case. */
const valueNames = new Set(['value', 'defaultvalue', 'nonstringifieddefaultvalue']);
/** Defaults of manual parameters, repeated by position where nothing says which of them is secret. */
const positionalDefault = /^manualTriggerDefaultValue/i;
const mayHoldSecrets = /isSecret|manualTriggerDefaultValue/i;
/** Beyond this nothing is a variable any more; it only keeps a hostile body from exhausting the stack. */
const deepest = 100;

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value, depth);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > deepest) return '[nested too deeply]';
  if (Array.isArray(value)) return value.map((each: unknown) => clean(each, depth + 1));
  return members(value as Native, depth);
}

function members(object: Native, depth: number): Native {
  const secret = isSecret(object);
  const entries = Object.entries(object).map(([name, value]) => {
    const hidden = positionalDefault.test(name) || (secret && valueNames.has(name.toLowerCase()));
    if (!hidden) return [name, clean(value, depth + 1)] as const;
    return [name, value === null ? null : redacted] as const;
  });
  return Object.fromEntries(entries);
}

/** Anything but a plain no counts as a yes. The name is camel case in answers and Pascal case in JSON within JSON. */
function isSecret(object: Native): boolean {
  return Object.entries(object).some(
    ([name, value]) =>
      name.toLowerCase() === 'issecret' && value !== false && value !== null && value !== undefined,
  );
}

/** Members such as `processVariablesJson` carry JSON in a string; what looks like it and cannot be read is hidden whole. */
function cleanText(text: string, depth: number): string {
  if (!mayHoldSecrets.test(text) || !/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(clean(JSON.parse(text), depth + 1));
  } catch {
    return redacted;
  }
}
