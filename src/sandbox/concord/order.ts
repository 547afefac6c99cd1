import { parse } from 'yaml';
import { own, setOwn } from '../kit/own.ts';
import { readZip } from '../kit/zip.ts';
import type { Step } from './flow.ts';
import { invalid, said } from './fault.ts';
import type { Part } from './multipart.ts';
import { exclusiveOf } from './holds.ts';
import type { ProjectFile } from './state.ts';

type Fields = Record<string, unknown>;

/** What a start asks for, whatever way it came. */
export interface Order {
  /** The fields that say what to start: names as they were sent. */
  readonly fields: Readonly<Record<string, string>>;
  /** `arguments`, `tags`, `startAt` and so on: the later wins. */
  readonly configuration: Fields;
  readonly meta: Fields;
  /** Names of the files for the working directory. */
  readonly files: readonly string[];
  /** Whether it brings an archive or a project file, and the one that was found. */
  readonly hasPayload: boolean;
  readonly file: ProjectFile | null;
  /** What is found to be wrong only while the run is prepared. */
  readonly refusal: string | null;
}

const fixed = new Set([
  'org',
  'orgid',
  'project',
  'projectid',
  'repo',
  'repoid',
  'entrypoint',
  'parentinstanceid',
  'out',
  'sync',
]);
const projectFiles = ['concord.yml', '.concord.yml'];

export const noOrder: Order = {
  fields: {},
  configuration: {},
  meta: {},
  files: [],
  hasPayload: false,
  file: null,
  refusal: null,
};

/** The form: parts of text are parameters, `request` is configuration, `archive` the project, all else files. */
export function orderOfForm(parts: readonly Part[]): Order {
  const fields: Record<string, string> = {};
  const configuration: Fields = {};
  const files: string[] = [];
  let order = noOrder;
  for (const { name, type, content } of parts) {
    const text = content.toString('utf8');
    const lower = name.toLowerCase();
    if (fixed.has(lower)) fields[lower] = text;
    else if (lower === 'meta') order = { ...order, meta: metaOf(text, type) };
    else if (lower === 'archive') order = { ...order, ...orderOfArchive(content) };
    else if (type === 'text/plain') nest(configuration, name, text);
    else if (lower === 'request') order = { ...order, ...requestOf(text) };
    else if (projectFiles.includes(name))
      order = { ...order, hasPayload: true, file: projectFileOf(text) };
    else files.push(name);
  }
  return {
    ...order,
    fields,
    files,
    configuration: merged(order.configuration, configuration),
  };
}

/** A ZIP with the project in it; one that is none is noticed while the run is prepared. */
export function orderOfArchive(bytes: Buffer): Pick<Order, 'hasPayload' | 'file' | 'refusal'> {
  try {
    const [entry] = readZip(bytes, (name) => projectFiles.includes(name));
    return {
      hasPayload: true,
      file: entry === undefined ? null : projectFileOf(entry.content.toString('utf8')),
      refusal: null,
    };
  } catch {
    return {
      hasPayload: true,
      file: null,
      refusal: 'Error while unpacking an archive: request.zip',
    };
  }
}

function requestOf(text: string): Pick<Order, 'configuration' | 'refusal'> {
  try {
    return { configuration: JSON.parse(text) as Fields, refusal: null };
  } catch {
    return { configuration: {}, refusal: 'Invalid request data format' };
  }
}

/** As text it is read too early and taken for a string. */
function metaOf(text: string, type: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw said(500, 'Error parsing the request');
  }
  if (type === 'text/plain' || typeof value !== 'object' || value === null)
    throw invalid(`Expected a JSON object in 'meta', got: ${text}`);
  return value as Fields;
}

function projectFileOf(text: string): ProjectFile {
  const file = parse(text) as {
    flows?: Record<string, Step[]>;
    configuration?: { arguments?: Fields; entryPoint?: string; exclusive?: unknown };
    variables?: { arguments?: Fields; entryPoint?: string; exclusive?: unknown };
  };
  const { arguments: given, entryPoint, exclusive } = file.configuration ?? file.variables ?? {};
  return {
    flows: file.flows ?? {},
    arguments: given ?? {},
    entryPoint: entryPoint ?? null,
    ...exclusiveOf(exclusive),
    profiles: [],
    triggers: [],
    attachments: {},
  };
}

/** The starts of 2017 name their target in the path: `project[:repository[:flow]]`, in the organization `Default`. */
export function targetOf(entryPoint: string): Record<string, string> {
  const [project = '', repo, flow, ...more] = entryPoint.split(':');
  if (more.length > 0 || project === '') throw invalid(`Invalid entry point format: ${entryPoint}`);
  return {
    org: 'Default',
    project,
    ...(repo === undefined ? {} : { repo }),
    ...(flow === undefined ? {} : { entrypoint: flow }),
  };
}

/** Parameters of the query that belong to the run: `arguments.x.y=1`. */
export function configurationOfQuery(query: URLSearchParams): Fields {
  const configuration: Fields = {};
  for (const [name, value] of query)
    if (name.startsWith('arguments.')) nest(configuration, name, value);
  return configuration;
}

/** `a.b.c` as nested objects. */
function nest(target: Fields, name: string, value: unknown): void {
  const path = name.split('.');
  const last = path.pop() ?? name;
  let at = target;
  for (const part of path) {
    const below = own<unknown>(at, part);
    const next = isObject(below) ? below : {};
    setOwn<unknown>(at, part, next);
    at = next;
  }
  setOwn(at, last, value);
}

/** The one over the other, objects within included. */
export function merged(base: Readonly<Fields>, over: Readonly<Fields>): Fields {
  const result: Fields = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = own(result, name);
    setOwn(result, name, isObject(below) && isObject(value) ? merged(below, value) : value);
  }
  return result;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}
