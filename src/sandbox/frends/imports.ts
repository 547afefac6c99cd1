import type { FastifyInstance, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Store } from '../kit/store.ts';
import { FrendsFault, invalid } from './fault.ts';
import { compileProblem, type ImportedProcess, readExportFile } from './import-file.ts';
import { originOf } from './paging.ts';
import { currentOf, dotNetDate, type FrendsState, nextId, type StoredVersion } from './state.ts';

const modes = [
  'Error',
  'UseExisting',
  'NewVersion',
  'NewActiveElement',
  'NewInactiveElement',
] as const;
type Mode = (typeof modes)[number];

const developmentGroup = 1;

/** The import of a file, process by process: what came before a refused one stays. */
export function importRoutes(app: FastifyInstance, store: Store<FrendsState>): void {
  app.post('/processes/batch-import', async (request) => {
    const { text, mode } = await formOf(request);
    const results = readExportFile(text).map((process) => importOne(store, process, mode));
    const [first] = results;
    if (first === undefined) throw new FrendsFault(400, 'The file does not contain any Processes.');
    // One object, however many processes came.
    return {
      data: {
        name: first.name,
        elementIdentifier: first.guid,
        id: first.id,
        resourceLocation: `${originOf(request)}/api/v1/processes/${first.id}`,
        version: first.version,
      },
    };
  });
}

async function formOf(request: FastifyRequest): Promise<{ text: string; mode: Mode }> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data') || !Buffer.isBuffer(request.body)) {
    throw invalid({ file: ['The file field is required.'] });
  }
  const form = await readForm(request.body, type);
  const [file, asked] = [form.get('file'), form.get('importConflict') ?? 'Error'];
  const mode = modes.find((each) => each === asked);
  if (mode === undefined) {
    const said = typeof asked === 'string' ? asked : asked.name;
    throw invalid({ importConflict: [`The value '${said}' is not valid for ImportConflict.`] });
  }
  if (file === null) throw invalid({ file: ['The file field is required.'] });
  return { text: typeof file === 'string' ? file : await file.text(), mode };
}

async function readForm(body: Buffer, type: string): Promise<FormData> {
  try {
    const answer = new Response(new Uint8Array(body), { headers: { 'content-type': type } });
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the warning is about large bodies on servers, and these are a sandbox's
    return await answer.formData();
  } catch {
    throw new FrendsFault(400, 'Failed to read the request form.');
  }
}

function importOne(store: Store<FrendsState>, process: ImportedProcess, mode: Mode): StoredVersion {
  const { state } = store;
  const existing = currentOf(state, process.guid);
  if (existing !== undefined && mode === 'Error') {
    throw new FrendsFault(400, `Process ${process.name} already exists.\n${process.guid}`);
  }
  if (existing !== undefined && mode === 'UseExisting') return existing;
  const problem = compileProblem(process);
  if (problem !== null) throw new FrendsFault(400, `Import of ${process.name} failed.\n${problem}`);
  const isNewElement = mode === 'NewActiveElement' || mode === 'NewInactiveElement';
  const guid = existing !== undefined && isNewElement ? randomUUID() : process.guid;
  const added = addVersion(state, process, guid);
  const isActive = mode === 'NewActiveElement' ? true : isNewElement ? false : null;
  toDevelopment(state, added, isActive);
  store.record('process.imported', { guid, version: added.version, id: added.id, mode });
  return added;
}

/** The newest version of its process; numbers of deleted versions are not used again. */
function addVersion(state: FrendsState, process: ImportedProcess, guid: string): StoredVersion {
  const before = state.versions.filter((each) => each.guid === guid && !each.isDraft);
  for (const version of before) if (!version.isDeleted) version.isNotLatestVersion = true;
  const { tags, ...fields } = process;
  const added: StoredVersion = {
    ...fields,
    guid,
    id: nextId(state),
    version: Math.max(0, ...before.map((version) => version.version)) + 1,
    changeDescription: before.length === 0 ? null : 'Imported',
    modified: dotNetDate(Date.now()),
    isDeleted: false,
    isNotLatestVersion: false,
    isDraft: false,
    draftId: null,
    idOfBaseProcessForDraft: null,
    isTemplated: false,
  };
  state.versions.push(added);
  if (tags.length > 0) state.tags[guid] ??= [...tags];
  return added;
}

/**
 * An import lands in development: what runs there moves to the new version, triggers as they were. Only the modes that
 * speak of triggers deploy what did not run there.
 */
function toDevelopment(state: FrendsState, version: StoredVersion, isActive: boolean | null): void {
  const ids = new Set(
    state.versions.filter((each) => each.guid === version.guid).map((each) => each.id),
  );
  const before = state.deployments.find(
    (each) => each.agentGroupId === developmentGroup && ids.has(each.versionId),
  );
  if (before === undefined && isActive === null) return;
  state.deployments = state.deployments.filter((each) => each !== before);
  state.deployments.push({
    deploymentId: nextId(state),
    versionId: version.id,
    agentGroupId: developmentGroup,
    deployedAtUtc: dotNetDate(Date.now()),
    deployedBy: 'sandbox@example.com',
    description: null,
    triggersActive: isActive ?? before?.triggersActive ?? false,
  });
}
