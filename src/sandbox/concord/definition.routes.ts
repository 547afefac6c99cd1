import type { FastifyInstance, FastifyRequest } from 'fastify';
import { queryOf } from '../kit/request.ts';
import { uuidOf } from '../kit/random.ts';
import type { Store } from '../kit/store.ts';
import { checkName, Definitions } from './definitions.ts';
import { nothing, said, unexpected } from './fault.ts';
import { addProject } from './create.ts';
import type { ConcordState, Project } from './state.ts';

interface Named {
  Params: { org: string; project: string; repository: string };
}

/** Organizations, projects, repositories, triggers: what is there to read. */
export function definitionRoutes(app: FastifyInstance, store: Store<ConcordState>): void {
  const definitions = (): Definitions => new Definitions(store.state);
  app.get('/api/v1/org', (request) =>
    page(store.state.organizations, request).map((each) => definitions().showOrganization(each)),
  );
  app.get<Named>('/api/v1/org/:org', async (request, reply) => {
    const found = definitions().organization(request.params.org);
    return found === null ? reply.code(204).send() : definitions().showOrganization(found);
  });
  app.get<Named>('/api/v1/org/:org/project', (request) => {
    const { name } = definitions().knownOrganization(request.params.org);
    return page(definitions().projectsOf(name), request).map((each) =>
      definitions().showProject(each),
    );
  });
  app.get<Named>('/api/v1/org/:org/project/:project', ({ params }) =>
    definitions().showWholeProject(projectOf(definitions(), params, 'ProjectResource.get.arg1')),
  );
  app.get<Named>('/api/v2/org/:org/project/:project', ({ params }) =>
    definitions().showProject(projectOf(definitions(), params, 'ProjectResourceV2.get.arg1')),
  );
  app.get<Named>('/api/v1/org/:org/project/:project/repository', (request) => {
    const { org, project } = request.params;
    const found = definitions().repositoriesOf(definitions().knownProject(org, project));
    return page(found, request).map((each) => definitions().showRepository(each));
  });
  app.get<Named>('/api/v1/org/:org/project/:project/repository/:repository', ({ params }) => {
    checkName(params.repository, 'RepositoryResource.get.arg2');
    const project = definitions().knownProject(params.org, params.project);
    return definitions().showRepository(definitions().knownRepository(project, params.repository));
  });
  app.get('/api/v2/trigger', (request) => definitions().triggers(queryOf(request)));
  app.get<Named>('/api/v1/org/:org/project/:project/repo/:repository/trigger', ({ params }) => {
    const project = definitions().knownProject(params.org, params.project);
    return definitions().triggersOf(definitions().knownRepository(project, params.repository));
  });
}

/** What makes organizations and projects, and takes projects away. */
export function definitionWrites(app: FastifyInstance, store: Store<ConcordState>): void {
  const definitions = (): Definitions => new Definitions(store.state);
  app.post('/api/v1/org', (request) => {
    const name = nameOf(request, 'OrganizationEntry.createOrUpdate.arg0.name');
    const found = definitions().organization(name);
    if (found !== null) return { id: found.id, result: 'UPDATED', ok: true };
    const id = uuidOf(`concord/${name}`);
    store.state.organizations.push({ id, name, visibility: 'PUBLIC', owned: true });
    store.record('organization.created', { name });
    return { id, result: 'CREATED', ok: true };
  });
  app.post<Named>('/api/v1/org/:org/project', (request) => {
    const name = nameOf(request, 'ProjectEntry.createOrUpdate.arg1.name');
    const { name: org } = definitions().knownOrganization(request.params.org);
    const found = definitions().project(org, name);
    if (found !== null) return { id: found.id, result: 'UPDATED', ok: true };
    const { description } = bodyOf(request);
    const project = addProject(store.state, org, name, textOr(description, null));
    store.record('project.created', { organization: org, name });
    return { id: project.id, result: 'CREATED', ok: true };
  });
  app.delete<Named>('/api/v1/org/:org/project/:project', ({ params }) => {
    const { id, name } = projectOf(definitions(), params, 'ProjectResource.delete.arg1');
    store.state.projects = store.state.projects.filter((each) => each.id !== id);
    store.state.repositories = store.state.repositories.filter((each) => each.projectId !== id);
    store.record('project.deleted', { organization: params.org, name });
    return { result: 'DELETED', ok: true };
  });
}

function projectOf(definitions: Definitions, params: Named['Params'], argument: string): Project {
  checkName(params.project, argument);
  const { name } = definitions.knownOrganization(params.org);
  const found = definitions.project(name, params.project);
  if (found === null) throw said(404, `Project not found: ${params.project}`);
  return found;
}

/** `offset`, `limit` (all when left out) and `filter`, a part of the name. */
function page<T extends { readonly name: string }>(
  items: readonly T[],
  request: FastifyRequest,
): T[] {
  const query = queryOf(request);
  const filter = (query.get('filter') ?? '').toLowerCase();
  const [offset, limit] = ['offset', 'limit'].map((name) => Number(query.get(name) ?? 0));
  if ([offset, limit].some((value) => !Number.isInteger(value))) throw nothing(404);
  const found = items.filter((each) => each.name.toLowerCase().includes(filter));
  return found.slice(offset, limit === 0 ? undefined : (offset ?? 0) + (limit ?? 0));
}

/** The JSON of a request; what is none is an exception to the server. */
export function bodyOf(request: FastifyRequest): Record<string, unknown> {
  const text = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '';
  if (text === '') return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw unexpected('com.fasterxml.jackson.core.JsonParseException: Unrecognized token');
  }
}

export function nameOf(request: FastifyRequest, argument: string): string {
  const name = textOr(bodyOf(request)['name'], '');
  checkName(name, argument);
  return name;
}

export function textOr<T>(value: unknown, other: T): string | T {
  return typeof value === 'string' ? value : other;
}
