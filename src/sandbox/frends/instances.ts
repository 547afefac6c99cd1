import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Store } from '../kit/store.ts';
import { Binding, pathGuid, pathNumber } from './binding.ts';
import { bodyOf } from './body.ts';
import { detailsOf, isVisible, stateOf, stepsOf, viewOf } from './execution.ts';
import { FrendsFault, invalid } from './fault.ts';
import { originOf } from './paging.ts';
import { dotNetDate, type FrendsState, placeOf, type StoredInstance } from './state.ts';

interface Keyed {
  Params: { group: string; id: string };
}

/** Runs of an agent group: list, counts, details, acknowledge. */
export function instanceRoutes(app: FastifyInstance, store: Store<FrendsState>): void {
  app.get<Keyed>('/instances/:group', (request) =>
    list(request, request.params.group, store.state),
  );
  app.get<Keyed>('/instances/counts/:group', (request) =>
    counts(request, request.params.group, store.state),
  );
  app.get<Keyed>('/instances/:group/:id/details', (request) => {
    const instance = instanceOf(store.state, request.params);
    const uri = `${originOf(request)}/step-data/${instance.executionId}.json?sv=2024-11-04&sr=b&sig=sandbox`;
    return { data: detailsOf(store.state, instance, Date.now(), uri) };
  });
  app.post<Keyed>('/instances/:group/:id/acknowledge', (request, reply) => {
    acknowledge(store, request);
    return reply.code(200).send();
  });
}

/** The blobs that step data lies in: reached with what the link carries, not with the token. */
export function stepDataRoute(app: FastifyInstance, store: Store<FrendsState>): void {
  app.get<{ Params: { file: string } }>('/step-data/:file', (request, reply) => {
    const executionId = request.params.file.replace(/\.json$/, '');
    const found = store.state.instances.find((each) => each.executionId === executionId);
    const isSigned = new Binding(request).text('sig') === 'sandbox';
    if (found === undefined || !isSigned) return reply.code(404).send();
    return reply.header('content-type', 'application/json').send(stepsOf(found, Date.now()));
  });
}

const filters = [
  'ShowAll',
  'ShowRunning',
  'ShowFinished',
  'ShowSuccessful',
  'ShowFailed',
  'ShowFailedNotAcknowledged',
] as const;

/** The runs of an agent group that a query means, newest first. */
function matching(
  query: Binding,
  group: string,
  state: FrendsState,
  names: { readonly guids: string; readonly from: string; readonly to: string },
): StoredInstance[] {
  const agentGroupId = pathNumber('agentGroupId', group);
  const guids = query.guids(names.guids);
  const from = query.instant(names.from) ?? Number.NEGATIVE_INFINITY;
  const to = query.instant(names.to) ?? Number.POSITIVE_INFINITY;
  query.done();
  if (placeOf(state, agentGroupId) === null) throw new FrendsFault(404, 'Agent group not found');
  return state.instances
    .filter(
      (each) =>
        each.agentGroupId === agentGroupId &&
        isVisible(each, Date.now()) &&
        (guids.length === 0 || guids.includes(each.guid)) &&
        each.startMs >= from &&
        each.startMs <= to,
    )
    .reverse();
}

function list(request: FastifyRequest, group: string, state: FrendsState): object {
  const now = Date.now();
  const query = new Binding(request);
  const filter = query.oneOf('stateFilter', filters, 'ShowAll');
  const size = query.number('pageSize', 50, 1, 200);
  const isChild = query.flag('isChildProcess') ?? false;
  const names = { guids: 'processGuids', from: 'startTime', to: 'endTime' };
  const all = matching(query, group, state, names).filter(
    (each) => !isChild && isShown(each, filter, now),
  );
  const rest = after(all, query, request);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  const token =
    last === undefined || rest.length <= size
      ? null
      : Buffer.from(JSON.stringify([last.id, filtersOf(request)])).toString('base64url');
  return {
    data: page.map((each) => viewOf(state, each, now)),
    nextContinuationToken: token,
    nextLink: token === null ? null : { uri: nextUri(request, token), method: 'GET' },
  };
}

function isShown(instance: StoredInstance, filter: (typeof filters)[number], now: number): boolean {
  const state = stateOf(instance, now);
  switch (filter) {
    case 'ShowAll':
      return true;
    case 'ShowRunning':
      return state === 'Running';
    case 'ShowFinished':
      return state !== 'Running';
    case 'ShowSuccessful':
      return state === 'Finished';
    case 'ShowFailed':
      return state === 'Failed';
    case 'ShowFailedNotAcknowledged':
      return state === 'Failed' && instance.acknowledgedUtc === null;
  }
}

/** A token belongs to the filters that it was given for. */
function after(
  all: readonly StoredInstance[],
  query: Binding,
  request: FastifyRequest,
): readonly StoredInstance[] {
  const token = query.text('continuationToken');
  if (token === null) return all;
  try {
    const [id, asked] = JSON.parse(Buffer.from(token, 'base64url').toString()) as [number, string];
    if (asked === filtersOf(request)) return all.filter((each) => each.id < id);
  } catch {
    // Said below, as for the token of another query.
  }
  throw invalid({ continuationToken: ['The continuation token is not valid for these filters.'] });
}

function filtersOf(request: FastifyRequest): string {
  const url = new URL(request.url, originOf(request));
  url.searchParams.delete('continuationToken');
  url.searchParams.sort();
  return url.search;
}

function nextUri(request: FastifyRequest, token: string): string {
  const url = new URL(request.url, originOf(request));
  url.searchParams.set('continuationToken', token);
  return url.href;
}

function counts(request: FastifyRequest, group: string, state: FrendsState): object {
  const now = Date.now();
  const names = { guids: 'ProcessUniqueIdentifiers', from: 'StartTime', to: 'EndTime' };
  const all = matching(new Binding(request), group, state, names);
  const data = [...new Set(all.map((each) => each.guid))].map((processGuid) => {
    const states = all
      .filter((each) => each.guid === processGuid)
      .map((each) => stateOf(each, now));
    const count = (wanted: string): number => states.filter((each) => each === wanted).length;
    return {
      processGuid,
      runningCount: count('Running'),
      successCount: count('Finished'),
      errorCount: count('Failed'),
    };
  });
  return { data };
}

function instanceOf(
  state: FrendsState,
  { group, id }: { readonly group: string; readonly id: string },
): StoredInstance {
  const agentGroupId = pathNumber('agentGroupId', group);
  const executionId = pathGuid('executionIdentifier', id);
  if (placeOf(state, agentGroupId) === null) throw new FrendsFault(404, 'Agent group not found');
  const found = state.instances.find(
    (each) => each.agentGroupId === agentGroupId && each.executionId === executionId,
  );
  if (found === undefined || !isVisible(found, Date.now())) {
    throw new FrendsFault(404, 'Process instance not found');
  }
  return found;
}

/** `id` is the process's GUID here; runs are named by their numbers. */
function acknowledge(store: Store<FrendsState>, request: FastifyRequest<Keyed>): void {
  const agentGroupId = pathNumber('agentGroupId', request.params.group);
  const guid = pathGuid('processGuid', request.params.id);
  const { reason, instanceIds } = bodyOf(request);
  const ids: readonly unknown[] = Array.isArray(instanceIds) ? instanceIds : [];
  const found = store.state.instances.filter(
    (each) => each.agentGroupId === agentGroupId && each.guid === guid && ids.includes(each.id),
  );
  for (const instance of found) {
    instance.acknowledgedUtc = dotNetDate(Date.now());
    instance.comment = typeof reason === 'string' ? reason : null;
  }
  store.record('instances.acknowledged', { ids: found.map((each) => each.id) });
}
