import type { FastifyInstance } from 'fastify';
import type { Store } from '../kit/store.ts';
import { pathNumber } from './binding.ts';
import { FrendsFault } from './fault.ts';
import { type AgentGroup, type Environment, type FrendsState, placeOf } from './state.ts';

interface Keyed {
  Params: { id: string };
}

/** Environments and their agent groups; there is no list of all agent groups. */
export function placeRoutes(app: FastifyInstance, store: Store<FrendsState>): void {
  const environmentOf = (text: string): Environment => {
    const id = pathNumber('environmentId', text);
    const found = store.state.environments.find((each) => each.id === id);
    if (found === undefined) throw new FrendsFault(404, 'Environment not found');
    return found;
  };
  app.get('/environments', () => ({ data: store.state.environments.map(named) }));
  app.get<Keyed>('/environments/:id', (request) => ({
    data: named(environmentOf(request.params.id)),
  }));
  app.get<Keyed>('/environments/:id/agent-groups', (request) => {
    const environment = environmentOf(request.params.id);
    return { data: environment.agentGroups.map((group) => answerOf(group, environment)) };
  });
  app.get<Keyed>('/agent-groups/:id', (request) => {
    const place = placeOf(store.state, pathNumber('agentGroupId', request.params.id));
    if (place === null) throw new FrendsFault(404, 'Agent group not found');
    return { data: answerOf(place.agentGroup, place.environment) };
  });
}

function named({ id, displayName }: Environment): object {
  return { id, displayName };
}

function answerOf(agentGroup: AgentGroup, environment: Environment): object {
  return { ...agentGroup, agentRegistrationMode: 'Manual', environment: named(environment) };
}
