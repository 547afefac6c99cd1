import type { Native } from '../../domain/native.ts';
import type { ProjectWire, RepositoryWire, RunWire, TriggerWire } from './concord.wire.ts';

const redacted = '[redacted]';

/** Git URLs may carry a password, or a token in the place of the user. */
export function withoutPassword(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (parsed.username === '' && parsed.password === '') return url;
  if (/^https?:$/.test(parsed.protocol)) parsed.username = '';
  parsed.password = '';
  return parsed.href;
}

/** A project's configuration is given to every run and often holds credentials. */
export function projectNative(project: ProjectWire): Native {
  return without(project, ['cfg']);
}

export function repositoryNative(repository: RepositoryWire): Native {
  return {
    ...without(repository, ['secretId', 'secretName', 'secretStoreType']),
    url: withoutPassword(repository.url ?? null),
  };
}

/** The arguments of a trigger may be credentials: their names stay. */
export function triggerNative(trigger: TriggerWire): Native {
  return { ...trigger, arguments: namesOf(trigger.arguments) };
}

const listedRunFields = [
  'kind',
  'parentInstanceId',
  'orgName',
  'projectName',
  'repoName',
  'commitId',
  'commitBranch',
  'startAt',
  'lastAgentId',
  'totalRuntimeMs',
  'runtime',
  'disabled',
] as const satisfies readonly (keyof RunWire)[];

/** What a list keeps of a run: nothing that its caller or its flow has put into it. */
export function slimRunNative(run: RunWire): Native {
  return only(run, listedRunFields);
}

/** A run whole: without its results, which stand in `output`, and without the values that a trigger gave it. */
export function wholeRunNative(run: RunWire): Native {
  const { meta, triggeredBy, repoUrl } = run;
  return {
    ...without(run, ['meta', 'triggeredBy', 'repoUrl']),
    ...(repoUrl === undefined ? {} : { repoUrl: withoutPassword(repoUrl) }),
    ...(isObject(meta) ? { meta: without(meta, ['out']) } : {}),
    ...(isObject(triggeredBy) ? { triggeredBy: triggeredByNative(triggeredBy) } : {}),
  };
}

function triggeredByNative(cause: Native): Native {
  const { trigger } = cause;
  if (!isObject(trigger)) return without(cause, ['trigger']);
  const { arguments: given, conditions, cfg } = trigger;
  return {
    ...cause,
    trigger: {
      ...trigger,
      arguments: namesOf(given),
      conditions: namesOf(conditions),
      cfg: namesOf(cfg),
    },
  };
}

/** The names of an object's members, without their values. */
function namesOf(value: unknown): Native {
  const names = isObject(value) ? Object.keys(value) : [];
  return Object.fromEntries(names.map((name) => [name, redacted]));
}

export function isObject(value: unknown): value is Native {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function only<K extends string>(
  wire: Readonly<Partial<Record<K, unknown>>>,
  fields: readonly K[],
): Native {
  return Object.fromEntries(
    fields.filter((field) => wire[field] !== undefined).map((field) => [field, wire[field]]),
  );
}

export function without(wire: Native, fields: readonly string[]): Native {
  return Object.fromEntries(Object.entries(wire).filter(([field]) => !fields.includes(field)));
}
