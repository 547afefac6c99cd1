import type { ChangedItem, ChangeEffect } from '../../domain/change.ts';
import { ConflictError, type ErrorDetails, NotFoundError } from '../../domain/errors.ts';
import { encodeKey } from '../../domain/ids.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { UpstreamName } from '../../upstream/upstream-errors.ts';
import { packageOf } from './uipath.key.ts';
import { textOr, toDeployment, toVersion, toVersions } from './uipath.mapper.ts';
import type { UipathPackages } from './uipath.packages.ts';
import { nameOf } from './uipath.release-orders.ts';
import type { UipathReleases } from './uipath.releases.ts';
import type { PackageWire, ReleaseWire } from './uipath.wire.ts';

/** What is read before a change. */
export interface ChangeReads {
  readonly name: UpstreamName;
  readonly packages: UipathPackages;
  /** Null without a folder. */
  readonly releases: UipathReleases | null;
}

/** The same where there is a folder. */
export interface ReleaseReads extends ChangeReads {
  readonly releases: UipathReleases;
}

/** A process as it stands when a change of it is checked. */
export class Standing {
  readonly id: string;
  /** In its canonical spelling. */
  readonly key: string;
  /** Newest first. */
  readonly versions: readonly VersionRecord[];
  /** Those of the connection's folder. */
  readonly releases: readonly ReleaseWire[];
  readonly #wires: readonly PackageWire[];
  readonly #reads: ChangeReads;

  constructor(wires: readonly PackageWire[], releases: readonly ReleaseWire[], reads: ChangeReads) {
    this.id = wires[0]?.Id ?? '';
    this.key = encodeKey([this.id]);
    this.versions = toVersions(wires);
    this.releases = releases;
    this.#wires = wires;
    this.#reads = reads;
  }

  /** By its number in whatever spelling, or `latest`. @throws NotFoundError */
  version(named: string): VersionRecord {
    const found = toVersion(this.#wires, named);
    if (found !== null) return found;
    throw new NotFoundError(`${this.id} has no version ${named}.`, {
      ...this.details,
      errors: [{ at: 'version', message: 'must be a version of the process' }],
    });
  }

  /** Nothing has been asked of the platform yet. */
  get details(): ErrorDetails {
    return unsent(this.#reads.name);
  }

  /** What people need to know of releases: in the sentence, and as members of the problem. */
  listed(releases: readonly ReleaseWire[]): { readonly text: string; readonly rows: object[] } {
    const { folder } = this.#reads.releases ?? {};
    const deployments =
      folder === undefined ? [] : releases.map((wire) => toDeployment(wire, folder));
    const rows = deployments.map(({ id, name, version, target }) => ({
      id,
      name,
      version,
      target,
    }));
    const each = rows.map(({ id, name, version }) => `${id} (${name}, version ${version ?? ''})`);
    return { text: each.join(', '), rows };
  }

  /** @throws ConflictError unless the caller has agreed to lose these releases */
  confirmUndeploy(releases: readonly ReleaseWire[], confirm: string | null): void {
    if (confirm === 'undeploy' || releases.length === 0) return;
    const { text, rows } = this.listed(releases);
    const [these, settings] = releases.length === 1 ? ['a release', 'its'] : ['releases', 'their'];
    throw new ConflictError(
      `This deletes ${these} of ${this.id} with ${settings} settings and triggers: ${text}. Say so with ?confirm=undeploy.`,
      { ...this.details, members: { confirm: 'undeploy', stands: rows } },
    );
  }

  versionItem(version: VersionRecord, effect: ChangeEffect): ChangedItem {
    const name = textOr(this.#wires[0]?.Title, this.id);
    return { ...this.#item(version, effect), name };
  }

  /** `release` null: one that is to be made, of this name. */
  releaseItem(
    release: ReleaseWire | string,
    version: string | null,
    effect: ChangeEffect,
  ): ChangedItem {
    const known = version === null ? null : toVersion(this.#wires, version);
    const item = this.#item(known, effect);
    if (typeof release === 'string') return { ...item, name: release };
    return {
      ...item,
      version: known?.version ?? version,
      name: nameOf(release),
      deployment: String(release.Id),
    };
  }

  #item(version: VersionRecord | null, effect: ChangeEffect): ChangedItem {
    return {
      process: this.key,
      name: null,
      version: version?.version ?? null,
      versionId: version?.versionId ?? null,
      deployment: null,
      effect,
      problem: null,
    };
  }
}

/** Whom refusals name, of changes of which nothing has left. */
export function unsent({ connection, platform }: UpstreamName): ErrorDetails {
  return { connection, platform, sent: 'no', outcome: 'not_sent' };
}

/** @throws NotFoundError when there is no such process */
export async function standingOf(
  reads: ChangeReads,
  key: string,
  signal: AbortSignal,
): Promise<Standing> {
  const id = packageOf(key);
  const [wires, releases] = await Promise.all([
    reads.packages.versions(id, signal),
    id === null ? [] : (reads.releases?.of(id, signal) ?? []),
  ]);
  if (wires.length > 0) return new Standing(wires, releases, reads);
  throw new NotFoundError(`There is no process ${id ?? key}.`, unsent(reads.name));
}
