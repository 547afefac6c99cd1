import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Store } from '../kit/store.ts';
import { Binding, pathGuid, pathNumber } from './binding.ts';
import { heavyMembers } from './contents.ts';
import { exportFile } from './export-file.ts';
import { FrendsFault } from './fault.ts';
import { originOf, pageAsked, pageOf } from './paging.ts';
import type { FrendsState, StoredVersion } from './state.ts';

interface Keyed {
  Params: { id: string; version: string };
}

/** Processes: list, both ways to one, delete, both ways to export and the export of several. */
export function processRoutes(app: FastifyInstance, store: Store<FrendsState>): void {
  app.get('/processes', (request) => list(request, store.state));
  app.get('/processes/batch-export', (request, reply) => batchExport(request, reply, store.state));
  app.get<Keyed>('/processes/:id', (request) =>
    envelope(byId(store.state, request.params.id), request),
  );
  app.get<Keyed>('/processes/:id/export', (request, reply) =>
    sendFile(reply, store.state, [exportable(byId(store.state, request.params.id))]),
  );
  app.get<Keyed>('/processes/:id/versions/:version', (request) =>
    envelope(byVersion(store.state, request.params), request),
  );
  app.get<Keyed>('/processes/:id/versions/:version/export', (request, reply) =>
    sendFile(reply, store.state, [exportable(byVersion(store.state, request.params))]),
  );
  app.delete<Keyed>('/processes/:id', (request, reply) => {
    remove(store, pathGuid('processGuid', request.params.id));
    return reply.code(204).send();
  });
}

function list(request: FastifyRequest, { versions }: FrendsState): object {
  const query = new Binding(request);
  const page = pageAsked(query);
  const guid = query.guid('processGuid');
  const name = query.text('processName')?.toLowerCase() ?? null;
  query.done();
  const found = versions.filter(
    (each) =>
      (guid === null || each.guid === guid) &&
      (name === null || each.name.toLowerCase().includes(name)),
  );
  return pageOf(found, page, request, (version) => ({
    ...answerOf(version),
    links: linksOf(version, request),
  }));
}

/** Members that every answer has and that say nothing here. */
const unused = {
  isMigration: false,
  activateIfNew: false,
  ignoreDependencyConflicts: false,
  documentationMarkdown: '',
  apiSpecId: null,
  validationOnly: false,
  cancellationDisabled: false,
  processTemplateDeviated: null,
} as const;

/** One version as answers have it, whole. */
function answerOf(version: StoredVersion): object {
  return {
    id: version.id,
    uniqueIdentifier: version.guid,
    version: version.version,
    majorVersion: version.majorVersion,
    minorVersion: version.minorVersion,
    name: version.name,
    description: version.description,
    changeDescription: version.changeDescription,
    modified: version.modified,
    modifier: version.modifier,
    isDeleted: version.isDeleted,
    isNotLatestVersion: version.isNotLatestVersion,
    isDraft: version.isDraft,
    draftId: version.draftId,
    idOfBaseProcessForDraft: version.idOfBaseProcessForDraft,
    isSubprocess: version.isSubprocess,
    isForMonitoringRule: version.isForMonitoringRule,
    targetFramework: version.targetFramework,
    frendsVersion: version.frendsVersion,
    processVariables: version.variables,
    ...heavyMembers(version),
    ...unused,
  };
}

function linksOf({ guid }: StoredVersion, request: FastifyRequest): object {
  const api = `${originOf(request)}/api/v1`;
  return {
    deployments: { uri: `${api}/process-deployments?processGuid=${guid}`, method: 'GET' },
    delete: { uri: `${api}/processes/${guid}`, method: 'DELETE' },
  };
}

function envelope(version: StoredVersion, request: FastifyRequest): object {
  return { data: answerOf(version), links: linksOf(version, request) };
}

function byId(state: FrendsState, text: string): StoredVersion {
  const id = pathNumber('id', text);
  return found(state.versions.find((each) => each.id === id));
}

function byVersion(
  state: FrendsState,
  { id, version }: { readonly id: string; readonly version: string },
): StoredVersion {
  const guid = pathGuid('processGuid', id);
  const number = pathNumber('processVersion', version);
  return found(
    state.versions.find((each) => each.guid === guid && each.version === number && !each.isDraft),
  );
}

function found(version: StoredVersion | undefined): StoredVersion {
  if (version === undefined) throw new FrendsFault(404, 'Process not found');
  return version;
}

function exportable(version: StoredVersion): StoredVersion {
  if (version.isDeleted || version.isDraft) throw new FrendsFault(404, 'Process not found');
  return version;
}

function batchExport(
  request: FastifyRequest,
  reply: FastifyReply,
  state: FrendsState,
): FastifyReply {
  const ids = new Binding(request).texts('ids');
  if (ids.length === 0) throw new FrendsFault(400, 'No Processes to export.');
  return sendFile(
    reply,
    state,
    ids.map((id) => exportable(byId(state, id))),
  );
}

function sendFile(
  reply: FastifyReply,
  state: FrendsState,
  versions: readonly StoredVersion[],
): FastifyReply {
  const [first] = versions;
  const name =
    versions.length === 1 && first !== undefined
      ? `${first.name}_${first.version}.json`
      : 'processes.json';
  const ascii = name.replace(/[^\x20-\x7e]|["\\]/g, '_');
  return reply
    .header('content-type', 'application/json')
    .header(
      'content-disposition',
      `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(name)}`,
    )
    .send(exportFile(state, versions));
}

/** Deleted versions stay in the list; their deployments go. */
function remove(store: Store<FrendsState>, guid: string): void {
  const { state } = store;
  const versions = state.versions.filter((each) => each.guid === guid && !each.isDeleted);
  if (versions.length === 0) throw new FrendsFault(404, 'Process not found');
  for (const version of versions) version.isDeleted = true;
  const ids = new Set(versions.map((version) => version.id));
  const undeployed = state.deployments.filter((each) => ids.has(each.versionId));
  state.deployments = state.deployments.filter((each) => !ids.has(each.versionId));
  store.record('process.deleted', {
    guid,
    versions: versions.map((version) => version.version),
    undeployed: undeployed.map((each) => each.deploymentId),
  });
}
