import { own } from '../kit/own.ts';
import { Definitions } from './definitions.ts';
import { entryOf, printed } from './entry.ts';
import { invalid, nothing, said } from './fault.ts';
import { metaFilters } from './meta-filter.ts';
import { statusOf } from './run.ts';
import type { ConcordState, Run } from './state.ts';

const statuses = [
  'NEW',
  'PREPARING',
  'ENQUEUED',
  'WAITING',
  'STARTING',
  'RUNNING',
  'SUSPENDED',
  'RESUMING',
  'FINISHED',
  'FAILED',
  'CANCELLED',
  'TIMED_OUT',
];
const defaultLimit = 30;

/** What the first list of the server called its parameters. */
const olderNames: Readonly<Record<string, string>> = { org: 'orgName', project: 'projectName' };

export function renamed(query: URLSearchParams): URLSearchParams {
  const pairs = [...query].map(([name, value]): [string, string] => [
    own(olderNames, name) ?? name,
    value,
  ]);
  return new URLSearchParams(pairs);
}

/** GET /api/v2/process: the newest first, and never how many there are. */
export function listRuns(
  state: ConcordState,
  query: URLSearchParams,
  now: number,
): Record<string, unknown>[] {
  const [from, to] = pageOf(query);
  return foundRuns(state, query, now)
    .slice(from, to)
    .map((run) => entryOf(run, state, now, query.getAll('include')));
}

/** GET /api/v2/process/requirements: the oldest first, and by nothing but their status. */
export function listRequirements(
  state: ConcordState,
  query: URLSearchParams,
  now: number,
): Record<string, unknown>[] {
  const status = query.get('status');
  if (status === null) throw invalid("'status' is required");
  const [from, to] = pageOf(query);
  return foundRuns(state, new URLSearchParams({ status }), now)
    .reverse()
    .slice(from, to)
    .map((run) => ({
      instanceId: run.id,
      createdAt: printed(createdMs(run), state.zoneHours),
    }));
}

function pageOf(query: URLSearchParams): [from: number, to: number] {
  const limit = wholeNumber(query.get('limit')) ?? defaultLimit;
  const offset = wholeNumber(query.get('offset')) ?? 0;
  if (limit <= 0) throw invalid("'limit' must be a positive number");
  if (offset < 0) throw invalid("'offset' must be a positive number or zero");
  return [offset, offset + limit];
}

/** GET /api/v2/process/count */
export function countRuns(state: ConcordState, query: URLSearchParams, now: number): number {
  if (query.get('projectName') === null && query.get('projectId') === null)
    throw invalid('A project ID or name is required');
  return foundRuns(state, query, now).length;
}

function foundRuns(state: ConcordState, query: URLSearchParams, now: number): Run[] {
  const matches = [
    ...placeFilters(state, query),
    ...timeFilters(query),
    ...metaFilters(query, now),
    statusFilter(query, now),
  ];
  const initiator = query.get('initiator') ?? '';
  const parent = query.get('parentInstanceId');
  const tags = query.getAll('tags');
  return Object.values(state.runs)
    .filter((run) => matches.every((match) => match(run)))
    .filter((run) => run.initiator.startsWith(initiator))
    .filter((run) => parent === null || run.parentInstanceId === parent)
    .filter((run) => tags.every((tag) => run.tags.includes(tag)))
    .reverse()
    .sort((a, b) => createdMs(b) - createdMs(a));
}

type Match = (run: Run) => boolean;

function placeFilters(state: ConcordState, query: URLSearchParams): Match[] {
  const definitions = new Definitions(state);
  const byId = state.organizations.find(({ id }) => id === query.get('orgId'));
  const named = query.get('orgName');
  const organization =
    byId?.name ?? (named === null ? null : definitions.knownOrganization(named).name);
  const matches: Match[] = [];
  if (organization !== null) matches.push((run) => run.organization === organization);
  const projectId = query.get('projectId');
  if (projectId !== null) matches.push((run) => run.project?.id === projectId);
  const name = query.get('projectName');
  if (name !== null) {
    if (organization === null) throw invalid('Organization name or ID is required');
    const project = definitions.project(organization, name);
    if (project === null) throw said(404, `Project not found: ${name}`);
    matches.push((run) => run.project?.id === project.id);
  }
  const repository = query.get('repoName');
  if (repository !== null)
    matches.push((run) => run.repository?.name.startsWith(repository) === true);
  return matches;
}

function timeFilters(query: URLSearchParams): Match[] {
  const after = instant(query.get('afterCreatedAt'));
  const before = instant(query.get('beforeCreatedAt'));
  return [
    (run) => after === null || createdMs(run) > after,
    (run) => before === null || createdMs(run) < before,
  ];
}

function statusFilter(query: URLSearchParams, now: number): Match {
  const status = query.get('status');
  if (status !== null && !statuses.includes(status)) throw nothing(404);
  return (run) => status === null || statusOf(run, now) === status;
}

function createdMs({ attempts }: Run): number {
  return attempts[0]?.startMs ?? 0;
}

/** What is no number is no such path. */
function wholeNumber(text: string | null): number | null {
  if (text === null) return null;
  if (!/^-?\d{1,9}$/.test(text)) throw nothing(404);
  return Number(text);
}

/** ISO 8601 with an offset that has a colon; `+0000` is no such path. */
function instant(text: string | null): number | null {
  if (text === null) return null;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:\d\d)?)$/.test(text))
    throw nothing(404);
  return Date.parse(text.replace(/([+-]\d\d)$/, '$1:00'));
}
