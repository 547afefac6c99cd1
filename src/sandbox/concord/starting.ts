import { randomUUID } from 'node:crypto';
import { own } from '../kit/own.ts';
import type { Store } from '../kit/store.ts';
import { Definitions } from './definitions.ts';
import { failed, invalid, said } from './fault.ts';
import { attempt, exclusiveOf } from './holds.ts';
import { isUuid, merged, type Order } from './order.ts';
import type { ConcordState, Project, ProjectFile, Repository, Run } from './state.ts';

const initiator = 'admin';

interface Target {
  readonly project: Project | null;
  readonly repository: Repository | null;
  readonly organization: string | null;
}

/** Starts what was ordered by the form. */
export function startByForm(store: Store<ConcordState>, order: Order): Run {
  if (order.fields['sync'] === 'true') throw syncIsGone();
  const target = targetOfForm(store.state, order.fields);
  refuseFiles(order);
  return start(store, order, target);
}

/** Starts as in 2017: an unknown project is not a bad request but a failed start. */
export function startByPath(store: Store<ConcordState>, order: Order): Run {
  const { org = '', project: name = '', repo } = order.fields;
  const definitions = new Definitions(store.state);
  const project = definitions.project(org, name);
  if (project === null) throw failed(500, randomUUID(), `Project not found: ${name}`);
  const repository = repo === undefined ? null : definitions.repository(project, repo);
  if (repo !== undefined && repository === null)
    throw failed(500, randomUUID(), `Repository not found: ${repo}`);
  return start(store, order, { project, repository, organization: org });
}

export function syncIsGone(): Error {
  return said(
    400,
    "The 'sync' mode is no longer available. Please use sync=false and poll for the status updates.",
  );
}

function targetOfForm(state: ConcordState, fields: Order['fields']): Target {
  const { projectid, repoid, org, project, repo } = fields;
  for (const id of [fields['orgid'], projectid, repoid])
    if (id !== undefined && !isUuid(id)) throw said(500, 'Error parsing the request');
  const definitions = new Definitions(state);
  const byId = state.repositories.find(({ id }) => id === repoid) ?? null;
  const ownId = byId?.projectId ?? projectid;
  const found = state.projects.find(({ id }) => id === ownId) ?? null;
  if (repoid !== undefined && byId === null) throw invalid(`Repository not found: ${repoid}`);
  if (found === null && projectid !== undefined) throw invalid(`Project not found: ${projectid}`);
  const organization =
    found?.organization ??
    state.organizations.find(({ id }) => id === fields['orgid'])?.name ??
    (org === undefined ? null : definitions.knownOrganization(org).name);
  if (project !== undefined && organization === null)
    throw invalid('Organization ID or name is required');
  const named =
    project === undefined || organization === null
      ? found
      : definitions.knownProject(organization, project);
  if (repo === undefined) return { project: named, repository: byId, organization };
  if (named === null) throw invalid('Project ID or name is required');
  const repository = definitions.repository(named, repo);
  if (repository === null) throw invalid(`Repository not found: ${repo}`);
  return { project: named, repository, organization };
}

function refuseFiles({ files }: Order): void {
  const bad = files.find((name) => name.startsWith('/') || name.includes('..'));
  if (bad !== undefined) throw failed(400, randomUUID(), `Invalid attachment name: ${bad}`);
}

function start(store: Store<ConcordState>, order: Order, target: Target): Run {
  const { project, repository, organization } = target;
  const out = listOf(order.fields['out'] ?? order.configuration['out']);
  if (repository?.disabled === true)
    throw said(500, `Repository is disabled -> ${repository.name}`);
  if (project?.rawPayloadMode === 'DISABLED' && order.hasPayload)
    throw failed(400, randomUUID(), `The project is not accepting raw payloads: ${project.id}`);
  if (project?.outVariablesMode === 'DISABLED' && out.length > 0)
    throw failed(
      400,
      randomUUID(),
      `The project is not accepting custom out variables: ${project.id}`,
    );
  const file = order.file ?? repository?.file ?? null;
  const asked = order.fields['entrypoint'] ?? null;
  const { configuration } = order;
  const flow = asked ?? file?.entryPoint ?? 'default';
  const run: Run = {
    id: randomUUID(),
    requestId: randomUUID(),
    initiator,
    parentInstanceId: order.fields['parentinstanceid'] ?? null,
    organization: project === null ? null : organization,
    project: project === null ? null : { id: project.id, name: project.name },
    repository: repository === null ? null : snapshot(repository, configuration),
    asked,
    flow,
    steps: stepsOf(file, flow, repository, configuration),
    hasFile: file !== null,
    refusal: order.refusal ?? scheduleRefusal(configuration['startAt']),
    arguments: merged(
      file?.arguments ?? {},
      (configuration['arguments'] ?? {}) as Run['arguments'],
    ),
    out,
    tags: listOf(configuration['tags']),
    meta: { ...order.meta, ...(configuration['meta'] as object | undefined) },
    startAtMs: msOf(configuration['startAt']),
    timeoutMs: durationMs(configuration['processTimeout']),
    attachments: order.file === null ? (repository?.file.attachments ?? {}) : {},
    ...(file?.exclusive === undefined ? {} : { exclusive: file.exclusive }),
    ...exclusiveOf(configuration['exclusive']),
    attempts: [],
    disabled: false,
  };
  attempt(store.state, run);
  store.state.runs[run.id] = run;
  store.record('run.started', {
    id: run.id,
    project: run.project?.name ?? null,
    repository: run.repository?.name ?? null,
    flow,
    meta: run.meta,
  });
  return run;
}

/** A flow that the refresh does not know may stand on another branch. */
function stepsOf(
  file: ProjectFile | null,
  flow: string,
  repository: Repository | null,
  configuration: Order['configuration'],
): Run['steps'] {
  const known = file === null ? undefined : own(file.flows, flow);
  if (known !== undefined) return known;
  const branch = configuration['repoBranchOrTag'];
  const elsewhere = typeof branch === 'string' && branch !== repository?.branch;
  return elsewhere && file !== null ? [{ log: `${flow} on ${branch}` }] : null;
}

function snapshot(
  repository: Repository,
  configuration: Order['configuration'],
): Run['repository'] {
  const { id, name, url, branch, commitId } = repository;
  const other = configuration['repoBranchOrTag'];
  return { id, name, url, branch: typeof other === 'string' ? other : branch, commitId };
}

function listOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split(',').map((each) => each.trim());
  return Array.isArray(value) ? value.map(String) : [];
}

function msOf(startAt: unknown): number | null {
  const ms = typeof startAt === 'string' ? Date.parse(startAt) : Number.NaN;
  return Number.isNaN(ms) || ms < Date.now() ? null : ms;
}

function scheduleRefusal(startAt: unknown): string | null {
  if (startAt === undefined || msOf(startAt) !== null) return null;
  const text = typeof startAt === 'string' ? startAt : JSON.stringify(startAt);
  return Number.isNaN(Date.parse(text))
    ? `Invalid 'startAt' format, expected an ISO-8601 value, got: ${text}`
    : `Invalid 'startAt' value, can't be in the past: ${text}`;
}

/** A duration of ISO 8601 in hours, minutes and seconds, as `PT90S`, in ms. */
function durationMs(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const found = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(value);
  if (found === null) return null;
  const [hours = 0, minutes = 0, seconds = 0] = found
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}
