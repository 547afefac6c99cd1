import type { ChangeEffect } from '../../domain/change.ts';
import { ConflictError } from '../../domain/errors.ts';
import type { Step, Steps } from '../stepped-change.ts';
import type { ReleaseBody } from './uipath.changes-client.ts';
import {
  differing,
  markOf,
  nameOf,
  type OrderOf,
  type ReleaseOrder,
  sameVersion,
  whichOf,
} from './uipath.release-orders.ts';
import type { Standing } from './uipath.standing.ts';
import type { ReleaseWire } from './uipath.wire.ts';

/** What is to become of a release. */
interface Redeployment {
  readonly release: ReleaseWire;
  /** The same with the versions that it has run, where it is to go back. */
  readonly history: ReleaseWire | null;
  readonly isBack: boolean;
  /** The version that it is to run, as the platform writes it; null: as it is. */
  readonly version: string | null;
  /** The other members that it is to have. */
  readonly members: ReleaseBody;
}

/** Moves a release and changes it: in one request, but where it goes back. */
export function redeployment(standing: Standing, wanted: Redeployment): Steps<ReleaseOrder> {
  const { release, isBack } = wanted;
  const back = isBack ? rollbackOf(standing, wanted) : null;
  const to = wanted.version ?? release.ProcessVersion;
  const isMoved = !sameVersion(release.ProcessVersion, to);
  const members = differing(release, wanted.members);
  const orders: readonly ReleaseOrder[] = [
    ...(back === null ? [] : [back]),
    ...setting(release, isMoved ? to : null, members),
  ];
  const effect = effectOf({ isBack, isMoved, isChanged: orders.length > 0 });
  const name = members['Name'];
  const item = standing.releaseItem(release, back?.to ?? to, effect);
  return {
    items: [{ ...item, name: typeof name === 'string' ? name : item.name }],
    steps: orders.map((order): Step<ReleaseOrder> => ({ item: 0, order })),
  };
}

function effectOf(of: Readonly<Record<'isBack' | 'isMoved' | 'isChanged', boolean>>): ChangeEffect {
  if (of.isBack) return 'rolled_back';
  if (of.isMoved) return 'deployed';
  return of.isChanged ? 'updated' : 'unchanged';
}

function setting(
  release: ReleaseWire,
  version: string | null,
  members: ReleaseBody,
): ReleaseOrder[] {
  const which = whichOf(release);
  if (Object.keys(members).length > 0) {
    const body = version === null ? members : { ProcessVersion: version, ...members };
    return [{ kind: 'change', ...which, body: { ...body }, before: markOf(release, body) }];
  }
  return version === null
    ? []
    : [{ kind: 'move', ...which, from: release.ProcessVersion, to: version }];
}

/** @throws ConflictError where there is nothing to go back to */
function rollbackOf(standing: Standing, { release, history }: Redeployment): OrderOf<'rollback'> {
  const which = whichOf(release);
  const who = `${nameOf(release)} (${which.release})`;
  const from = history?.ProcessVersion ?? release.ProcessVersion;
  const to = history === null ? null : previousOf(history);
  if (to === null)
    throw new ConflictError(
      `${who} has run no version before ${from}. Name the version that it is to run.`,
      standing.details,
    );
  if (!standing.versions.some(({ version }) => sameVersion(version, to)))
    throw new ConflictError(
      `${who} ran version ${to} before ${from}, and that has been deleted. Name the version that it is to run.`,
      standing.details,
    );
  return { kind: 'rollback', ...which, from, fromId: history?.CurrentVersion?.Id ?? null, to };
}

/** The version that a release ran before the one that it runs; null where the platform shows none. */
function previousOf({
  ProcessVersion,
  CurrentVersion,
  ReleaseVersions,
}: ReleaseWire): string | null {
  const current = CurrentVersion?.Id ?? Number.POSITIVE_INFINITY;
  const earlier = (ReleaseVersions ?? [])
    .filter(({ Id }) => (Id ?? Number.POSITIVE_INFINITY) < current)
    .sort((a, b) => (b.Id ?? 0) - (a.Id ?? 0))
    .flatMap(({ VersionNumber }) => VersionNumber ?? []);
  return earlier.find((version) => !sameVersion(version, ProcessVersion)) ?? null;
}
