import type { Native } from '../../domain/native.ts';
import type { Schedule } from '../../domain/process.ts';
import { isSecretName } from '../secret-names.ts';
import { hiddenIn, isSecret, wholeNative } from './frends.native.ts';

/** What Frends writes schedules in: no cron but the settings of a trigger. */
export const frendsDialect = 'frends';

const typeNames = ['$type', 'type', 'triggerType', 'selectedTypeId', 'kind'];
const settingsNames = ['config', 'configuration', 'settings', 'parameters'];
const expressionNames = ['cronExpression', 'cron', 'expression', 'scheduleExpression', 'schedule'];
const timezoneNames = ['timeZone', 'timeZoneId'];
const longestExpression = 2_000;

/**
 * The schedules among a process's triggers. No document gives the shape of `triggerData`, so it is read as exports have
 * it: triggers with a `$type` and a `config`. The expression is a text if the trigger carries one, else its settings.
 */
export function schedulesOf(triggerData: unknown, active: boolean): readonly Schedule[] | null {
  const schedules = objectsIn(triggerData).flatMap((trigger) => {
    if (!/schedule|cron/i.test(textAmong([trigger], typeNames) ?? '')) return [];
    const settings = settingsNames.map((name) => trigger[name]).find(isObject) ?? null;
    const places = settings === null ? [trigger] : [trigger, settings];
    const expression = expressionAmong(places) ?? written(settings);
    if (expression === null || expression.length > longestExpression) return [];
    const timezone = textAmong(places, timezoneNames);
    return [{ expression, dialect: frendsDialect, timezone, active }];
  });
  return schedules.length === 0 ? null : schedules;
}

/**
 * JSON Schema of a manual run's parameters, which are all texts; null where the process names none. The shape of
 * `manualTrigger` is undocumented as well: exports have a list of parameters with name, description and default.
 */
export function inputSchemaOf(manualTrigger: unknown): Native | null {
  const given = objectsIn(manualTrigger);
  const listed = given.flatMap((each) => objectsIn(each['parameters']));
  const properties = [...given, ...listed].flatMap((parameter) => {
    const name = textAmong([parameter], ['name']);
    return name === null ? [] : [[name, parameterSchema(parameter)] as const];
  });
  if (properties.length === 0) return null;
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    additionalProperties: { type: 'string' },
  };
}

function parameterSchema(parameter: Native): Native {
  const description = textAmong([parameter], ['description']);
  const fallback = textAmong([parameter], ['defaultValue']);
  // A default that is JSON with secrets inside is none either: only what `native` shows as it is may be repeated.
  const isShown = fallback === textAmong([wholeNative(parameter)], ['defaultValue']);
  return {
    type: 'string',
    ...(description === null ? {} : { description }),
    ...(fallback !== null && isShown ? { default: fallback } : {}),
    ...(isSecret(parameter) ? { writeOnly: true } : {}),
  };
}

/** The first text that is an expression; of one that is JSON, what may be shown of its settings. */
function expressionAmong(places: readonly Native[]): string | null {
  const text = textAmong(places, expressionNames);
  return text !== null && isNested(text) ? written(objectsIn(text)[0] ?? null) : text;
}

/** The settings of a trigger as JSON, those that are set, without anything nested and without secrets. */
function written(settings: Native | null): string | null {
  const isHidden = hiddenIn(settings ?? {});
  const set = Object.entries(settings ?? {}).filter(
    ([name, value]) =>
      !isHidden(name) &&
      !isSecretName(name) &&
      (isScalar(value) || (Array.isArray(value) && value.every(isScalar))),
  );
  return set.length === 0 ? null : JSON.stringify(Object.fromEntries(set));
}

/** The objects of a value that is one, a list of them, or either as JSON in a string. */
function objectsIn(value: unknown): Native[] {
  const read = typeof value === 'string' ? parsed(value) : value;
  return (Array.isArray(read) ? read : [read]).filter(isObject);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Native {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): boolean {
  if (typeof value === 'string') return value !== '' && !isNested(value);
  return ['number', 'boolean'].includes(typeof value);
}

/** JSON in a string; `{{#env.…}}` is a reference of the platform's. */
function isNested(text: string): boolean {
  return /^\s*(?:["[]|\{(?!\{))/.test(text);
}

/** The first member of these names, in any case, that is a text with something in it. */
function textAmong(places: readonly Native[], names: readonly string[]): string | null {
  for (const place of places) {
    for (const name of names) {
      const key = Object.keys(place).find((each) => each.toLowerCase() === name.toLowerCase());
      const value = key === undefined ? undefined : place[key];
      if (typeof value === 'string' && value !== '') return value;
    }
  }
  return null;
}
