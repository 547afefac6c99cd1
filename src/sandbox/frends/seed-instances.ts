import { daysAgo } from '../kit/history.ts';
import { Random, uuidOf } from '../kit/random.ts';
import type { StoredDeployment, StoredInstance, StoredVersion } from './state.ts';

const hourMs = 3_600_000;
const processesWithRuns = 12;
const runsEach = 4;

/** What ran in the days before: a few runs of the first deployments whose triggers are active, one of them failed. */
export function firstInstances(
  versions: readonly StoredVersion[],
  deployments: readonly StoredDeployment[],
): StoredInstance[] {
  const byId = new Map(versions.map((version) => [version.id, version]));
  const active = deployments.filter((each) => each.triggersActive).slice(0, processesWithRuns);
  const runs = active.flatMap((deployment, index) => {
    const version = byId.get(deployment.versionId);
    if (version === undefined) return [];
    return Array.from({ length: runsEach }, (_, at) => runOf(version, deployment, index, at));
  });
  return runs
    .sort((a, b) => a.startMs - b.startMs)
    .map((run, index) => ({ ...run, id: 90_001 + index }));
}

function runOf(
  version: StoredVersion,
  deployment: StoredDeployment,
  index: number,
  at: number,
): Omit<StoredInstance, 'id'> {
  const random = new Random(`frends/run/${version.guid}/${at}`);
  return {
    executionId: uuidOf(`frends/run/${version.guid}/${at}`),
    guid: version.guid,
    name: version.name,
    versionId: version.id,
    version: version.version,
    agentGroupId: deployment.agentGroupId,
    startMs: daysAgo(5) + (index + at * 24) * hourMs + random.int(0, 60_000),
    durationMs: random.int(800, 90_000),
    fails: index % 5 === 3 && at === 2,
    isUnlogged: false,
    triggerName: version.triggers.at(-1)?.name ?? 'Manual',
    userName: 'SYSTEM',
    parameters: {},
    acknowledgedUtc: null,
    comment: null,
  };
}
