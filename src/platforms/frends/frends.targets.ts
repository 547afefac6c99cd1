import pMap from 'p-map';
import type { Target } from '../../domain/target.ts';
import type { FrendsClient } from './frends.client.ts';
import { toTarget } from './frends.mapper.ts';

/** Every agent group of the tenant; there is no list over environments. */
export async function targetsOf(
  client: FrendsClient,
  concurrency: number,
  signal: AbortSignal,
): Promise<readonly Target[]> {
  const environments = await client.listEnvironments(signal);
  const targets = await pMap(
    environments,
    async (environment) => {
      const agentGroups = await client.listAgentGroups(environment.id, signal);
      return agentGroups.map((agentGroup) => toTarget(environment, agentGroup));
    },
    { concurrency },
  );
  return targets.flat();
}
