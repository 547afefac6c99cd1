import { companyOf, smokeTest } from '../kit/company.ts';
import { firstInstances } from './seed-instances.ts';
import { guidOf, isFramework, removedOf, type Unnumbered, versionsOf } from './seed-versions.ts';
import type {
  Environment,
  FrendsFeatures,
  FrendsState,
  StoredDeployment,
  StoredVersion,
} from './state.ts';

const firstVersionId = 1_001;

const environments: readonly Environment[] = [
  {
    id: 1,
    displayName: 'Development',
    agentGroups: [
      { id: 1, displayName: 'Development', isCrossPlatform: true, agents: ['dev-agent-1'] },
    ],
  },
  {
    id: 2,
    displayName: 'Test',
    agentGroups: [{ id: 2, displayName: 'Test', isCrossPlatform: true, agents: ['test-agent-1'] }],
  },
  {
    id: 3,
    displayName: 'Production',
    agentGroups: [
      {
        id: 3,
        displayName: 'Production Cloud',
        isCrossPlatform: true,
        agents: ['prod-agent-1', 'prod-agent-2'],
      },
      {
        id: 4,
        displayName: 'Production On-Premises',
        isCrossPlatform: true,
        agents: ['plant-agent-1'],
      },
      {
        id: 5,
        displayName: 'Legacy Windows',
        isCrossPlatform: false,
        agents: ['win-agent-1'],
      },
    ],
  },
];

const [development, cloud, onPremises, windows] = [1, 3, 4, 5] as const;
/** The tenant of the company: `size` live processes, and beside them what its list also holds: deleted ones and drafts. */
export function seedFrends(size: number, features: FrendsFeatures): FrendsState {
  const live = [smokeTest, ...companyOf(size - 1)];
  const versions = numbered([...removedOf(size), ...live.flatMap(versionsOf)]);
  versions.push(...draftsBeside(versions, guidOf(live[1]?.name ?? '')));
  const byGuid = groupedByGuid(versions);
  const deployments = live
    .flatMap(({ name }, index) => deploymentsOf(byGuid.get(guidOf(name)) ?? [], index))
    .map((deployment, index) => ({ ...deployment, deploymentId: 501 + index }));
  const tags = live.map(({ name, department }, index) => [
    guidOf(name),
    [department.toLowerCase(), index % 2 === 0 ? 'daily' : 'on-demand'],
  ]);
  return {
    features,
    environments,
    versions,
    deployments,
    instances: firstInstances(versions, deployments),
    tags: Object.fromEntries(tags) as Record<string, string[]>,
    nextId: 1_000_000,
  };
}

function groupedByGuid(versions: readonly StoredVersion[]): Map<string, StoredVersion[]> {
  const groups = new Map<string, StoredVersion[]>();
  for (const version of versions) {
    const group = groups.get(version.guid);
    if (group === undefined) groups.set(version.guid, [version]);
    else group.push(version);
  }
  return groups;
}

/** Ids follow the order in which the versions were saved. */
function numbered(versions: readonly Unnumbered[]): StoredVersion[] {
  return versions
    .toSorted((a, b) => Date.parse(a.modified) - Date.parse(b.modified))
    .map((version, index) => ({ ...version, id: firstVersionId + index }));
}

/** Two drafts: one of a process that stands, one of a process that was never saved. */
function draftsBeside(versions: readonly StoredVersion[], guid: string): StoredVersion[] {
  const base = versions.findLast((each) => each.guid === guid);
  if (base === undefined) return [];
  const id = firstVersionId + versions.length;
  base.draftId = id;
  const draft = { ...base, isDraft: true, version: 0, changeDescription: null, draftId: null };
  const neverSaved = {
    guid: guidOf('Chatbot hand-over'),
    name: 'Chatbot hand-over',
    description: null,
    idOfBaseProcessForDraft: null,
  };
  return [
    { ...draft, id, idOfBaseProcessForDraft: base.id },
    { ...draft, ...neverSaved, id: id + 1 },
  ];
}

/** Most run in production, some only in development, some nowhere; `Smoke test` in exactly one place. */
function deploymentsOf(
  versions: readonly StoredVersion[],
  index: number,
): Omit<StoredDeployment, 'deploymentId'>[] {
  const saved = versions.filter((version) => !version.isDraft);
  const latest = saved.at(-1);
  if (latest === undefined || index % 12 === 5) return [];
  const common = { deployedBy: 'release@example.com', deployedAtUtc: latest.modified };
  const home = isFramework(index) ? windows : index % 9 === 4 ? onPremises : cloud;
  const running = index % 4 === 3 ? (saved.at(-2) ?? latest) : latest;
  const isActive = index % 12 !== 11;
  const production = {
    ...common,
    versionId: running.id,
    agentGroupId: home,
    description: index % 2 === 0 ? `Release ${running.majorVersion}.${running.minorVersion}` : null,
    triggersActive: isActive,
  };
  if (index === 0 || index % 2 === 1) return [production];
  const trial = { versionId: latest.id, agentGroupId: development, triggersActive: false };
  return [{ ...common, ...trial, description: null }, production];
}
