import type { FastifyInstance, FastifyRequest } from 'fastify';
import { uuidOf } from '../kit/random.ts';
import type { Store } from '../kit/store.ts';
import { addRepository } from './create.ts';
import { bodyOf, nameOf, textOr } from './definition.routes.ts';
import { Definitions } from './definitions.ts';
import { invalid, nothing, said, unexpected } from './fault.ts';
import type { ConcordState, Project, Repository } from './state.ts';

interface Named {
  Params: { org: string; project: string; repository: string };
}

/** A branch that no Git repository has. */
const missingBranch = 'missing';
const base = '/api/v1/org/:org/project/:project/repository';

/** What changes repositories: all of their members at once, and what Concord knows of their flows. */
export function repositoryWrites(app: FastifyInstance, store: Store<ConcordState>): void {
  const definitions = (): Definitions => new Definitions(store.state);
  app.post<Named>(base, (request) => {
    const { org, project } = request.params;
    definitions().knownOrganization(org);
    const found = definitions().project(org, project);
    if (found === null) throw said(404, `Project not found: ${project}`);
    return { result: save(store, found, request), ok: true };
  });
  app.delete<Named>(`${base}/:repository`, ({ params }) => {
    const project = definitions().knownProject(params.org, params.project);
    const found = definitions().repository(project, params.repository);
    if (found === null) throw invalid(`Repository not found: ${params.repository}`);
    store.state.repositories = store.state.repositories.filter(({ id }) => id !== found.id);
    store.record('repository.deleted', { project: project.name, name: found.name });
    return { result: 'DELETED', ok: true };
  });
  app.post<Named>(`${base}/:repository/refresh`, ({ params }) => {
    const project = definitions().knownProject(params.org, params.project);
    const found = definitions().repository(project, params.repository);
    if (found === null)
      throw unexpected(
        'java.lang.NullPointerException: Cannot invoke "RepositoryEntry.getProjectId()" because "repositoryEntry" is null',
      );
    readFlows(found);
    replace(store, found.id, { refreshed: true });
    store.record('repository.refreshed', { project: project.name, name: found.name });
    return { result: 'UPDATED', ok: true };
  });
}

/** What is left out is emptied. One that is enabled is read from Git before anything is changed. */
function save(store: Store<ConcordState>, project: Project, request: FastifyRequest): string {
  const body = bodyOf(request);
  const name = nameOf(request, 'RepositoryEntry.createOrUpdate.arg2.name');
  if (typeof body['url'] !== 'string')
    throw invalid('must not be null', 'RepositoryEntry.createOrUpdate.arg2.url');
  const text = (member: string): string | null => textOr(body[member], null);
  const entry = {
    name,
    url: body['url'],
    branch: text('branch'),
    commitId: text('commitId'),
    path: text('path'),
    secretName: secretOf(store.state, body),
    disabled: body['disabled'] === true,
    triggersDisabled: body['triggersDisabled'] === true,
  };
  if (!entry.disabled) readFlows(entry);
  if (entry.branch === null && entry.commitId === null)
    throw unexpected(
      'org.jooq.exception.DataAccessException: new row for relation "repositories" violates check constraint "repo_branch_commit_check"',
    );
  const id = text('id');
  if (id !== null && !store.state.repositories.some((each) => each.id === id))
    throw unexpected('org.jooq.exception.DataAccessException: Invalid number of rows: 0');
  const own =
    id ??
    new Definitions(store.state).repository(project, name)?.id ??
    addRepository(store.state, project, name, { refreshed: false }).id;
  replace(store, own, { ...entry, ...(entry.disabled ? {} : { refreshed: true }) });
  store.record('repository.saved', { project: project.name, name, disabled: entry.disabled });
  return id === null ? 'CREATED' : 'UPDATED';
}

function readFlows({ branch, commitId }: Pick<Repository, 'branch' | 'commitId'>): void {
  if (branch === null && commitId === null) throw invalid('Branch or CommitId required');
  if (commitId === null && branch === missingBranch)
    throw said(
      500,
      `Error while loading process definition: \ncode: 1, error: pathspec '${missingBranch}' did not match any file(s) known to git\n`,
    );
}

/** A secret by its id or its name; only those exist that some repository uses. */
function secretOf(state: ConcordState, body: Readonly<Record<string, unknown>>): string | null {
  const id = textOr(body['secretId'], null);
  const name = textOr(body['secretName'], null);
  if (id === null && name === null) return null;
  const known = state.repositories.find(
    ({ secretName }) =>
      secretName !== null &&
      (id === null ? secretName === name : uuidOf(`concord/secret/${secretName}`) === id),
  );
  if (known === undefined) throw nothing(404);
  return known.secretName;
}

function replace(store: Store<ConcordState>, id: string, changes: object): void {
  const { repositories } = store.state;
  store.state.repositories = repositories.map((each) =>
    each.id === id ? { ...each, ...changes } : each,
  );
  store.changed();
}
