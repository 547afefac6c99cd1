import { z } from 'zod';
import type { Native } from '../../domain/native.ts';
import type { ArgumentsWire } from './uipath.wire.ts';

/** `Arguments.Input`: a JSON array in a string. */
const argumentList = z.array(
  z.looseObject({
    name: z.string().min(1),
    type: z.string().nullish(),
    required: z.boolean().nullish(),
    hasDefault: z.boolean().nullish(),
  }),
);

/** JSON Schema types of the .NET types that arguments have; a type that is not here may be anything. */
const jsonTypes: Readonly<Record<string, string>> = {
  'System.String': 'string',
  'System.Char': 'string',
  'System.Guid': 'string',
  'System.DateTime': 'string',
  'System.DateTimeOffset': 'string',
  'System.TimeSpan': 'string',
  'System.Uri': 'string',
  'System.Boolean': 'boolean',
  'System.Byte': 'integer',
  'System.SByte': 'integer',
  'System.Int16': 'integer',
  'System.Int32': 'integer',
  'System.Int64': 'integer',
  'System.UInt16': 'integer',
  'System.UInt32': 'integer',
  'System.UInt64': 'integer',
  'System.Single': 'number',
  'System.Double': 'number',
  'System.Decimal': 'number',
  'Newtonsoft.Json.Linq.JObject': 'object',
  'Newtonsoft.Json.Linq.JArray': 'array',
};

const lists = /^System\.Collections\.Generic\.(?:List|IList|IEnumerable|ICollection)`1$/;
const maps = /^System\.Collections\.Generic\.I?Dictionary`2$/;
const deepest = 8;

/** The input of a run as JSON Schema (2020-12); null when the platform does not say what it is. */
export function inputSchemaOf(wire: ArgumentsWire | null | undefined): Native | null {
  if (wire === null || wire === undefined) return null;
  const found = argumentsOf(wire.Input ?? null);
  if (found === null) return null;
  const properties = found.map(({ name, type }) => [name, schemaOf(type ?? '', 0)] as const);
  const required = found
    .filter((each) => each.required === true && each.hasDefault !== true)
    .map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
  };
}

/** None for an empty text: the workflow takes no arguments. Null for one that cannot be read. */
function argumentsOf(text: string | null): z.output<typeof argumentList> | null {
  if (text === null || text.trim() === '') return [];
  try {
    const parsed = argumentList.nullable().safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data ?? []) : null;
  } catch {
    // Some builds write other grammars here; a run is then checked by the platform alone.
    return null;
  }
}

/** `System.String, mscorlib, Version=…`, `System.Int32[], …` or `…List`1[[System.String, mscorlib]], …`. */
function schemaOf(typeName: string, depth: number): Native {
  if (depth > deepest) return {};
  const { name, parameters } = nameOf(typeName);
  if (name.endsWith('[]') && parameters.length === 0) {
    return { type: 'array', items: schemaOf(name.slice(0, -2), depth + 1) };
  }
  const [first = '', second = ''] = parameters;
  if (lists.test(name)) return { type: 'array', items: schemaOf(first, depth + 1) };
  if (maps.test(name)) return { type: 'object', additionalProperties: schemaOf(second, depth + 1) };
  if (name === 'System.Nullable`1') return orNull(schemaOf(first, depth + 1));
  const type = Object.hasOwn(jsonTypes, name) ? jsonTypes[name] : undefined;
  return type === undefined ? {} : { type };
}

function orNull(schema: Native): Native {
  return typeof schema['type'] === 'string' ? { ...schema, type: [schema['type'], 'null'] } : {};
}

/** Takes an assembly-qualified name apart: what stands before the assembly, and the type parameters in brackets. */
function nameOf(typeName: string): { readonly name: string; readonly parameters: string[] } {
  const open = typeName.indexOf('[[');
  if (open < 0) return { name: (typeName.split(',')[0] ?? '').trim(), parameters: [] };
  const parameters: string[] = [];
  let nesting = 0;
  let start = open;
  for (let at = open; at < typeName.length; at += 1) {
    const char = typeName[at];
    if (char === '[') {
      nesting += 1;
      if (nesting === 2) start = at + 1;
    } else if (char === ']') {
      if (nesting === 2) parameters.push(typeName.slice(start, at));
      nesting -= 1;
      if (nesting === 0) break;
    }
  }
  return { name: typeName.slice(0, open).trim(), parameters };
}
