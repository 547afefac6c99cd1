import { z } from 'zod';
import type { ChangeTerms } from '../../domain/change.ts';
import { ConflictError } from '../../domain/errors.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { Learnt, Recipe, StepState, Steps } from '../stepped-change.ts';
import type { Leave, UipathChangesClient } from './uipath.changes-client.ts';
import { unlessGone } from './uipath.gone.ts';
import type { UipathPlaces } from './uipath.places.ts';
import { ReadOnce } from './uipath.read-once.ts';
import { sameVersion } from './uipath.release-orders.ts';
import { type ChangeReads, type Standing, standingOf } from './uipath.standing.ts';
import type { PackageWire } from './uipath.wire.ts';

const versionOrder = z.object({
  id: z.string(),
  version: z.string(),
  /** Of the one that is to go: the number may be given again. */
  published: z.string().nullable(),
});
type VersionOrder = z.output<typeof versionOrder>;

/** What deletions need. */
export interface DeletionTools extends ChangeReads {
  readonly client: UipathChangesClient;
  readonly places: UipathPlaces;
}

/** Deletes versions, each by a request of its own, and none of them where one may not go. */
export class Deletion<Q extends ChangeTerms> implements Recipe<Q, VersionOrder> {
  readonly order = versionOrder;
  readonly #tools: DeletionTools;
  readonly #chosen: (standing: Standing, request: Q) => readonly VersionRecord[];
  readonly #standing: ReadOnce<PackageWire[]>;

  constructor(
    tools: DeletionTools,
    chosen: (standing: Standing, request: Q) => readonly VersionRecord[],
  ) {
    this.#tools = tools;
    this.#chosen = chosen;
    this.#standing = new ReadOnce((id, signal) => tools.packages.versions(id, signal));
  }

  async plan(request: Q, signal: AbortSignal): Promise<Steps<VersionOrder>> {
    const standing = await standingOf(this.#tools, request.key, signal);
    return deletionOf(standing, this.#chosen(standing, request));
  }

  async send(order: VersionOrder, leave: Leave): Promise<Learnt> {
    const { client, places, packages } = this.#tools;
    const { signal } = leave;
    const feedId = await places.feedId(signal);
    await unlessGone(
      () => client.deletePackage(`${order.id}:${order.version}`, feedId, leave),
      async () => stateOf(order, await packages.versions(order.id, signal)).state === 'done',
    );
    return {};
  }

  async look(order: VersionOrder, _sent: unknown, signal: AbortSignal): Promise<StepState> {
    return stateOf(order, await this.#standing.of(order.id, signal));
  }
}

function stateOf(order: VersionOrder, wires: readonly PackageWire[]): StepState {
  const found = wires.find(({ Version }) => sameVersion(Version, order.version));
  if (found === undefined) return { state: 'done' };
  const published = found.Published ?? null;
  if (published === order.published) return { state: 'open' };
  const why = `${order.id} has a version ${order.version} that was published at ${published ?? 'no known time'}, and is not the one that was to be deleted.`;
  return { state: 'unclear', why };
}

function deletionOf(standing: Standing, versions: readonly VersionRecord[]): Steps<VersionOrder> {
  refuseActive(standing, versions);
  return {
    items: versions.map((each) => standing.versionItem(each, 'deleted')),
    steps: versions.map(({ version, native }, item) => {
      const published = native['Published'];
      const order = {
        id: standing.id,
        version,
        published: typeof published === 'string' ? published : null,
      };
      return { item, order };
    }),
  };
}

/** The platform keeps what a release runs, in whichever folder. @throws ConflictError */
function refuseActive(standing: Standing, versions: readonly VersionRecord[]): void {
  const { id, releases } = standing;
  const running = releases.filter(({ ProcessVersion }) =>
    versions.some(({ version }) => sameVersion(version, ProcessVersion)),
  );
  const elsewhere = versions.filter(
    ({ version, active }) =>
      active === true && !running.some((each) => sameVersion(each.ProcessVersion, version)),
  );
  if (running.length === 0 && elsewhere.length === 0) return;
  const { text, rows } = standing.listed(running);
  const here = running.length === 0 ? [] : [`it runs as ${text}`];
  const there = elsewhere.map(
    ({ version }) => `version ${version} runs in a folder that this connection does not see`,
  );
  const what = versions.length === 1 ? `version ${versions[0]?.version ?? ''} of ${id}` : id;
  throw new ConflictError(
    `Nothing was deleted: ${what} is active: ${[...here, ...there].join('; ')}. Undeploy it, or deploy another version there, and ask again.`,
    { ...standing.details, members: { deployments: rows, versions: activeOf(versions, running) } },
  );
}

function activeOf(
  versions: readonly VersionRecord[],
  running: readonly { readonly ProcessVersion: string }[],
): readonly string[] {
  const isActive = ({ version, active }: VersionRecord): boolean =>
    active === true || running.some((each) => sameVersion(each.ProcessVersion, version));
  return versions.filter(isActive).map(({ version }) => version);
}
