import { LRUCache } from 'lru-cache';
import type { Native } from '../../domain/native.ts';
import { inputSchemaOf } from './input-schema.ts';
import { compareNugetVersions } from './nuget-version.ts';
import type { UipathClient } from './uipath.client.ts';
import type { ArgumentsWire, PackageWire } from './uipath.wire.ts';

/** What the main workflow of a version takes. */
export interface PackageInput {
  /** Its path in the package; null where the platform does not say. */
  readonly entryPoint: string | null;
  /** JSON Schema. */
  readonly schema: Native | null;
}

/** Many are started again and again; one that was deleted and uploaded anew may take something else. In ms. */
const keptMs = 60_000;
const mostKept = 500;

/** What versions of packages take. */
export class UipathInputs {
  readonly #client: UipathClient;
  readonly #known = new LRUCache<string, PackageInput>({ max: mostKept, ttl: keptMs });

  constructor(client: UipathClient) {
    this.#client = client;
  }

  /** `versions` reads the rows of the package, should this one not be known; null when it is not among them. */
  async of(
    id: string,
    version: string,
    versions: () => Promise<readonly PackageWire[]>,
    signal: AbortSignal,
  ): Promise<PackageInput | null> {
    const known = this.#known.get(`${id}:${version}`);
    if (known !== undefined) return known;
    const rows = await versions();
    const row = rows.find((each) => compareNugetVersions(each.Version, version) === 0);
    if (row === undefined) return null;
    const schema = inputSchemaOf(await this.argumentsOf(row, signal));
    const input = { entryPoint: row.MainEntryPointPath ?? null, schema };
    this.#known.set(`${id}:${version}`, input);
    return input;
  }

  /** As the row says it, else as the platform says it of its key. */
  async argumentsOf(row: PackageWire, signal: AbortSignal): Promise<ArgumentsWire | null> {
    if (row.Arguments !== null && row.Arguments !== undefined) return row.Arguments;
    return this.#client.getArguments(row.Key ?? `${row.Id}:${row.Version}`, signal);
  }
}
