import type { FastifyInstance, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Store } from '../kit/store.ts';
import { bodyOf } from './body.ts';
import { deploymentOf, versionOf } from './deployments.ts';
import { invalid } from './fault.ts';
import { type FrendsState, nextId, type StoredInstance } from './state.ts';

const usualDurationMs = 2_000;

/**
 * Starts a run of a deployment. It is steered by its parameters, texts as all parameters here: `durationMs` (2000 when
 * left out), `fail` = `true` for one that fails, and `unlogged` = `true` for one that leaves nothing behind when it
 * succeeds, as with the log level "only errors".
 */
export function executeRoute(app: FastifyInstance, store: Store<FrendsState>): void {
  app.post<{ Params: { id: string } }>('/process-deployments/:id/execute', (request, reply) => {
    const deployment = deploymentOf(store.state, request.params.id);
    const parameters = parametersOf(request);
    const version = versionOf(store.state, deployment);
    const instance: StoredInstance = {
      id: nextId(store.state),
      executionId: randomUUID(),
      guid: version.guid,
      name: version.name,
      versionId: version.id,
      version: version.version,
      agentGroupId: deployment.agentGroupId,
      startMs: Date.now(),
      durationMs: Number(parameters['durationMs'] ?? usualDurationMs) || usualDurationMs,
      fails: parameters['fail'] === 'true',
      isUnlogged: parameters['unlogged'] === 'true',
      triggerName: 'Manual',
      userName: 'sandbox@example.com',
      parameters,
      acknowledgedUtc: null,
      comment: null,
    };
    store.state.instances.push(instance);
    store.record('run.started', {
      executionId: instance.executionId,
      deploymentId: deployment.deploymentId,
      guid: instance.guid,
      parameters,
    });
    const place = `/api/v1/instances/${instance.agentGroupId}/${instance.executionId}/details`;
    return reply.code(202).header('location', place).send();
  });
}

function parametersOf(request: FastifyRequest): Record<string, string> {
  const entries = Object.entries(bodyOf(request));
  for (const [name, value] of entries) {
    if (typeof value !== 'string')
      throw invalid({ [`$.${name}`]: ['The JSON value could not be converted to System.String.'] });
  }
  return Object.fromEntries(entries) as Record<string, string>;
}
