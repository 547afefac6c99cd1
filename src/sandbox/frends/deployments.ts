import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Store } from '../kit/store.ts';
import { Binding, pathNumber } from './binding.ts';
import { bodyOf } from './body.ts';
import { FrendsFault, invalid } from './fault.ts';
import { pageAsked, pageOf } from './paging.ts';
import {
  dotNetDate,
  type FrendsState,
  nextId,
  placeOf,
  type StoredDeployment,
  type StoredVersion,
} from './state.ts';

interface Keyed {
  Params: { id: string };
}

/** Deployments: list, get, deploy, undeploy, and the switch of their triggers. */
export function deploymentRoutes(app: FastifyInstance, store: Store<FrendsState>): void {
  app.get('/process-deployments', (request) => list(request, store.state));
  app.get<Keyed>('/process-deployments/:id', (request) => {
    const deployment = deploymentOf(store.state, request.params.id);
    return { data: answerOf(store.state, deployment) };
  });
  app.post('/process-deployments', (request, reply) => {
    const deployed = deploy(store, bodyOf(request));
    return reply.code(201).send({ data: deployed.map((each) => answerOf(store.state, each)) });
  });
  app.delete<Keyed>('/process-deployments/:id', (request, reply) => {
    undeploy(store, deploymentOf(store.state, request.params.id));
    return reply.code(204).send();
  });
  for (const [method, isActive] of [
    ['PUT', true],
    ['DELETE', false],
  ] as const) {
    app.route<Keyed>({
      method,
      url: '/process-deployments/:id/activation',
      handler: (request, reply) => {
        const deployment = deploymentOf(store.state, request.params.id);
        deployment.triggersActive = isActive;
        const { deploymentId } = deployment;
        store.record(isActive ? 'deployment.activated' : 'deployment.deactivated', {
          deploymentId,
        });
        return reply.code(200).send();
      },
    });
  }
}

/** The deployment that a path names. */
export function deploymentOf(state: FrendsState, text: string): StoredDeployment {
  const id = pathNumber('id', text);
  const found = state.deployments.find((each) => each.deploymentId === id);
  if (found === undefined) throw new FrendsFault(404, 'Process deployment not found');
  return found;
}

/** The version that a deployment runs. */
export function versionOf(state: FrendsState, deployment: StoredDeployment): StoredVersion {
  const found = state.versions.find((each) => each.id === deployment.versionId);
  if (found === undefined) throw new FrendsFault(404, 'Process not found');
  return found;
}

function list(request: FastifyRequest, state: FrendsState): object {
  const query = new Binding(request);
  const page = pageAsked(query);
  const guid = query.guid('processGuid');
  const name = query.text('processName')?.toLowerCase() ?? null;
  const agentGroupId = query.number('agentGroupId', 0, 0, Number.MAX_SAFE_INTEGER);
  const tags = query.texts('tags');
  const isWithoutSubprocesses = query.flag('excludeSubprocesses') ?? false;
  query.done();
  if (agentGroupId > 0 && placeOf(state, agentGroupId) === null) {
    throw new FrendsFault(404, 'Agent group doesnt exist');
  }
  const byId = new Map(state.versions.map((version) => [version.id, version]));
  const found = state.deployments.filter((each) => {
    const version = byId.get(each.versionId);
    if (version === undefined) return false;
    return (
      (guid === null || version.guid === guid) &&
      (name === null || version.name.toLowerCase().includes(name)) &&
      (agentGroupId === 0 || each.agentGroupId === agentGroupId) &&
      tags.every((tag) => state.tags[version.guid]?.includes(tag) === true) &&
      !(isWithoutSubprocesses && version.isSubprocess)
    );
  });
  return pageOf(found, page, request, (each) => answerOf(state, each, byId.get(each.versionId)));
}

function answerOf(
  state: FrendsState,
  deployment: StoredDeployment,
  version: StoredVersion = versionOf(state, deployment),
): object {
  const { agentGroupId } = deployment;
  return {
    deploymentId: deployment.deploymentId,
    processId: version.id,
    processName: version.name,
    processGuid: version.guid,
    processVersion: `${version.majorVersion}.${version.minorVersion}.${version.version}`,
    processBuildVersion: version.version,
    deployedAtUtc: deployment.deployedAtUtc,
    deployedBy: deployment.deployedBy,
    description: deployment.description,
    triggersActive: deployment.triggersActive,
    agentGroup: {
      id: agentGroupId,
      displayName: placeOf(state, agentGroupId)?.agentGroup.displayName ?? '',
    },
  };
}

const mostAtOnce = 20;

/** All or none: everything is checked before anything is deployed. */
function deploy(
  store: Store<FrendsState>,
  body: Readonly<Record<string, unknown>>,
): StoredDeployment[] {
  const { state } = store;
  const place = placeOf(state, Number(body['agentGroupId']));
  if (place === null) throw new FrendsFault(404, 'Agent group not found');
  const asked: readonly unknown[] = Array.isArray(body['processes']) ? body['processes'] : [];
  if (asked.length === 0 || asked.length > mostAtOnce) {
    throw invalid({ Processes: [`The field Processes must hold 1 to ${mostAtOnce} elements.`] });
  }
  const versions = asked.map((each) => versionAsked(state, each));
  for (const { name, targetFramework } of versions) {
    if ((targetFramework === 'net471') === place.agentGroup.isCrossPlatform) {
      throw new FrendsFault(
        400,
        `Process can not be deployed.\n${name}: ${targetFramework} does not match Agent Group ${place.agentGroup.displayName}`,
      );
    }
  }
  const description = body['deploymentDescription'];
  return versions.map((version) => {
    const deployment: StoredDeployment = {
      deploymentId: nextId(state),
      versionId: version.id,
      agentGroupId: place.agentGroup.id,
      deployedAtUtc: dotNetDate(Date.now()),
      deployedBy: 'sandbox@example.com',
      description: typeof description === 'string' ? description : null,
      triggersActive: body['activateTriggers'] !== false,
    };
    replace(state, version.guid, deployment);
    store.record('deployment.created', {
      deploymentId: deployment.deploymentId,
      guid: version.guid,
      version: version.version,
      agentGroupId: place.agentGroup.id,
      triggersActive: deployment.triggersActive,
      variables: variablesAsked(asked, version.guid),
    });
    return deployment;
  });
}

function versionAsked(state: FrendsState, asked: unknown): StoredVersion {
  const { processGuid, version } = asked as { processGuid?: unknown; version?: unknown };
  const guid = String(processGuid).toLowerCase();
  const found = state.versions.find(
    (each) => each.guid === guid && each.version === version && !each.isDeleted && !each.isDraft,
  );
  if (found === undefined) throw new FrendsFault(404, 'Process not found');
  return found;
}

/** The values that a deployment is given for variables of its version. */
function variablesAsked(asked: readonly unknown[], guid: string): readonly unknown[] {
  const own = asked.find((each) => {
    const { processGuid } = each as { processGuid?: unknown };
    return String(processGuid).toLowerCase() === guid;
  });
  const { processVariables } = own as { processVariables?: unknown };
  return Array.isArray(processVariables) ? processVariables : [];
}

/** An agent group runs one version of a process. */
function replace(state: FrendsState, guid: string, deployment: StoredDeployment): void {
  const isOfProcess = (versionId: number): boolean =>
    state.versions.some((each) => each.id === versionId && each.guid === guid);
  state.deployments = state.deployments.filter(
    (each) => each.agentGroupId !== deployment.agentGroupId || !isOfProcess(each.versionId),
  );
  state.deployments.push(deployment);
}

function undeploy(store: Store<FrendsState>, deployment: StoredDeployment): void {
  const { state } = store;
  const { deploymentId, agentGroupId } = deployment;
  if (placeOf(state, agentGroupId)?.environment.displayName === 'Development') {
    throw new FrendsFault(400, 'Can not undeploy Processes from the Development Environment.');
  }
  state.deployments = state.deployments.filter((each) => each !== deployment);
  store.record('deployment.deleted', { deploymentId });
}
