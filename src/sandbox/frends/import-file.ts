import { tenantTasks } from './contents.ts';
import { usedTasks } from './export-file.ts';
import { FrendsFault } from './fault.ts';
import type { Parameter, StoredVersion, Trigger, Variable } from './state.ts';

/** A process of a file that is about to be imported. */
export type ImportedProcess = Pick<
  StoredVersion,
  | 'guid'
  | 'name'
  | 'description'
  | 'modifier'
  | 'majorVersion'
  | 'minorVersion'
  | 'isSubprocess'
  | 'isForMonitoringRule'
  | 'targetFramework'
  | 'frendsVersion'
  | 'variables'
  | 'parameters'
  | 'triggers'
> & { readonly imported: NonNullable<StoredVersion['imported']>; readonly tags: readonly string[] };

type Json = Readonly<Record<string, unknown>>;

/** The processes of a file. Refuses what the platform refuses before it looks at any single process. */
export function readExportFile(text: string): ImportedProcess[] {
  const file = parsed(text.replace(/^\uFEFF/, ''));
  if (file === null) {
    throw new FrendsFault(
      400,
      'The file can not be imported.\nIt does not seem to be in JSON format.',
    );
  }
  if (Array.isArray(file['ProcessTemplates'])) {
    throw new FrendsFault(
      400,
      'The file holds Process Templates. Import it as a Process Template.',
    );
  }
  const processes: readonly unknown[] = Array.isArray(file['Processes']) ? file['Processes'] : [];
  if (processes.length === 0)
    throw new FrendsFault(400, 'The file does not contain any Processes.');
  return processes.map((process) => imported(isJson(process) ? process : {}));
}

function imported(process: Json): ImportedProcess {
  const guid = textOf(process, 'UniqueIdentifier')?.toLowerCase() ?? '';
  const name = textOf(process, 'Name');
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(guid) || name === null || name === '') {
    throw new FrendsFault(400, 'A Process of the file has no Name or UniqueIdentifier.');
  }
  const elementParameters = textOf(process, 'ElementParameters') ?? '[]';
  return {
    guid,
    name,
    description: textOf(process, 'Description'),
    modifier: textOf(process, 'Modifier'),
    majorVersion: numberOf(process, 'MajorVersion'),
    minorVersion: numberOf(process, 'MinorVersion'),
    isSubprocess: process['IsSubprocess'] === true,
    isForMonitoringRule: process['IsForMonitoringRule'] === true,
    targetFramework: textOf(process, 'TargetFramework') ?? 'net8.0',
    frendsVersion: textOf(process, 'FrendsVersion') ?? '6.3.2.5468',
    variables: listIn(process, 'ProcessVariablesJson').map(variableOf),
    parameters: listIn(process, 'ManualTriggerJson').map(parameterOf),
    triggers: listIn(process, 'TriggersJson').map(importedTrigger),
    imported: { bpmn: textOf(process, 'Bpmn') ?? '', elementParameters },
    tags: tagsOf(process['Tags']),
  };
}

/** What the compiler of an import says: null when it is content. */
export function compileProblem(process: ImportedProcess): string | null {
  if (process.modifier === null) {
    return "Cannot insert the value NULL into column 'Modifier'; column does not allow nulls.";
  }
  const { elementParameters, bpmn } = process.imported;
  const elements = parsed(`{"list":${elementParameters}}`)?.['list'];
  if (!Array.isArray(elements)) return 'ElementParameters does not seem to be in JSON format';
  const names = elements.map((each: unknown) => (isJson(each) ? textOf(each, 'Name') : null));
  const twice = names.find((name, index) => name !== null && names.indexOf(name) !== index);
  if (typeof twice === 'string') return `Process contains duplicate node names: ${twice}`;
  const known = new Set(tenantTasks.map((task) => task.guid));
  const foreign = usedTasks(elementParameters).find(
    (uri) => !known.has(uri.split('/')[2]?.toLowerCase() ?? ''),
  );
  if (foreign !== undefined) return 'Sequence contains no matching element';
  // What C# itself refuses, for callers who want to see a failed compilation.
  const directive = /#error ?([^"\\<\n]*)/.exec(`${elementParameters}${bpmn}`);
  if (directive === null) return null;
  return `Compilation failed.\n(1,1): error CS1029: #error: '${directive[1] ?? ''}'`;
}

function variableOf(json: Json): Variable {
  return {
    name: textOf(json, 'Name') ?? '',
    value: textOf(json, 'Value'),
    isSecret: json['IsSecret'] === true,
    mode: textOf(json, 'Mode') ?? 'Text',
    description: textOf(json, 'Description'),
  };
}

function parameterOf(json: Json): Parameter {
  return {
    name: textOf(json, 'name') ?? '',
    description: textOf(json, 'description') ?? '',
    defaultValue: textOf(json, 'defaultValue') ?? '',
    isSecret: json['isSecret'] === true,
  };
}

function importedTrigger(json: Json): Trigger {
  return {
    $type: textOf(json, '$type') ?? 'ManualTrigger',
    name: textOf(json, 'name') ?? '',
    id: textOf(json, 'id') ?? 'StartEvent_1',
    config: isJson(json['config']) ? json['config'] : {},
  };
}

function tagsOf(value: unknown): string[] {
  const isText = (tag: unknown): tag is string => typeof tag === 'string';
  return Array.isArray(value) ? value.filter(isText) : [];
}

function parsed(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : null;
  } catch {
    return null;
  }
}

function listIn(json: Json, name: string): Json[] {
  const list = parsed(`{"list":${textOf(json, name) ?? '[]'}}`)?.['list'];
  return Array.isArray(list) ? list.filter(isJson) : [];
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(json: Json, name: string): string | null {
  const value = json[name];
  return typeof value === 'string' ? value : null;
}

function numberOf(json: Json, name: string): number {
  const value = json[name];
  return typeof value === 'number' && Number.isInteger(value) ? value : 0;
}
