import { invalid, notFound, UipathFault } from './fault.ts';
import { type Nuspec, nupkgOf, readNupkg } from './nupkg.ts';
import type { Entity } from './query.ts';
import {
  currentVersion,
  packageKey,
  type StoredArgument,
  type StoredPackage,
  type StoredVersion,
  type UipathState,
} from './state.ts';
import { compareVersions } from './version-order.ts';

/** A version of a package, as a row of OData `Processes`. */
export class PackageRow {
  readonly of: StoredPackage;
  readonly version: StoredVersion;
  readonly #feed: Packages;

  constructor(of: StoredPackage, version: StoredVersion, feed: Packages) {
    this.of = of;
    this.version = version;
    this.#feed = feed;
  }

  get key(): string {
    return `${this.of.id}:${this.version.version}`;
  }

  get latest(): boolean {
    return this.version === this.of.versions.at(-1);
  }

  /** Whether some release runs it. */
  get active(): boolean {
    return this.#feed.activeKeys().has(this.key);
  }
}

/** `ProcessDto`. */
export const processEntity: Entity<PackageRow> = {
  name: 'Processes',
  members: {
    Id: { type: 'string', of: (row) => row.of.id },
    Key: { type: 'string', of: (row) => row.key },
    Title: { type: 'string', of: (row) => row.of.title },
    Version: { type: 'string', of: (row) => row.version.version },
    Published: { type: 'date', of: (row) => row.version.published },
    IsActive: { type: 'boolean', of: (row) => row.active },
    IsLatestVersion: { type: 'boolean', of: (row) => row.latest },
    Authors: { type: 'string', of: (row) => row.version.authors },
    Description: { type: 'string', of: (row) => row.version.description },
    Tags: { type: 'string', of: (row) => row.version.tags },
  },
  expands: ['EntryPoints', 'ResourceTags'],
  show: showPackage,
};

function showPackage(row: PackageRow): Record<string, unknown> {
  const { of, version } = row;
  const library = of.packageType === 'ProcessLibrary';
  return {
    IsActive: row.active,
    Arguments: { Input: argumentsText(version.input), Output: argumentsText(version.output) },
    SupportsMultipleEntryPoints: !library,
    MainEntryPointPath: library ? null : 'Main.xaml',
    RequiresUserInteraction: false,
    IsAttended: false,
    TargetFramework: 'Portable',
    EntryPoints: [],
    PackageType: of.packageType,
    Title: of.title,
    Version: version.version,
    Key: row.key,
    Description: version.description,
    Published: version.published,
    IsLatestVersion: row.latest,
    OldVersion: null,
    ReleaseNotes: version.releaseNotes,
    Authors: version.authors,
    ProjectType: of.packageType,
    Tags: version.tags,
    IsCompiled: true,
    LicenseUrl: null,
    ProjectUrl: null,
    ResourceTags: [],
    Id: of.id,
  };
}

/** Arguments as the platform writes them: JSON in a string, null where there are none. */
function argumentsText(list: readonly StoredArgument[]): string | null {
  return list.length === 0 ? null : JSON.stringify(list);
}

/** Packages and their versions. */
export class Packages {
  readonly #state: UipathState;
  readonly #feedId: string | null;
  #active: ReadonlySet<string> | null = null;

  constructor(state: UipathState, feedId: string | null) {
    this.#state = state;
    this.#feedId = feedId;
  }

  /** The latest version of every package of the feed. */
  latest(): PackageRow[] {
    const rows: PackageRow[] = [];
    for (const each of Object.values(this.#state.packages)) {
      const last = each.feedId === this.#feedId ? each.versions.at(-1) : undefined;
      if (last !== undefined) rows.push(new PackageRow(each, last, this));
    }
    return rows;
  }

  /** None where there is no such package: a package of another feed cannot be seen. */
  versions(id: string): PackageRow[] {
    const found = this.#state.packages[packageKey(id, this.#feedId)];
    return found === undefined
      ? []
      : found.versions.map((each) => new PackageRow(found, each, this));
  }

  /** The highest version; null where there is no such package. */
  newest(id: string): string | null {
    const found = this.#state.packages[packageKey(id, this.#feedId)];
    return found?.versions.at(-1)?.version ?? null;
  }

  /** `key` is `Id:Version`. */
  version(key: string): PackageRow {
    const [id = '', version] = key.split(':');
    const row = this.versions(id).find((each) => each.version.version === version);
    if (row === undefined) throw notFound(`Package ${key}`);
    return row;
  }

  bytes(key: string): Buffer {
    const { of, version } = this.version(key);
    return nupkgOf(of, version);
  }

  add(bytes: Buffer): Nuspec {
    const spec = readNupkg(bytes);
    if (spec === null) throw invalid('The package is not valid.');
    const key = packageKey(spec.id, this.#feedId);
    const found = (this.#state.packages[key] ??= {
      id: spec.id,
      title: spec.title ?? spec.id,
      packageType: 'Process',
      feedId: this.#feedId,
      versions: [],
    });
    if (found.versions.some((each) => compareVersions(each.version, spec.version) === 0))
      throw new UipathFault(409, 1004, `Package ${spec.id}:${spec.version} already exists.`);
    found.versions.push(storedVersion(spec, bytes));
    found.versions.sort((a, b) => compareVersions(a.version, b.version));
    return spec;
  }

  /** Only what no release runs can go. */
  remove(key: string): void {
    const { of, version, active } = this.version(key);
    if (active) throw new UipathFault(400, 1009, `Package ${key} is used by a process.`);
    of.versions = of.versions.filter((each) => each !== version);
    if (of.versions.length === 0)
      Reflect.deleteProperty(this.#state.packages, packageKey(of.id, this.#feedId));
  }

  /** `Id:Version` of everything that a release runs. */
  activeKeys(): ReadonlySet<string> {
    this.#active ??= new Set(
      this.#state.releases.map(
        (release) => `${release.processKey}:${currentVersion(release).version}`,
      ),
    );
    return this.#active;
  }
}

function storedVersion(spec: Nuspec, bytes: Buffer): StoredVersion {
  return {
    version: spec.version,
    published: new Date().toISOString(),
    authors: spec.authors,
    description: spec.description,
    tags: spec.tags,
    releaseNotes: spec.releaseNotes,
    input: [],
    output: [],
    bytes: bytes.toString('base64'),
  };
}
