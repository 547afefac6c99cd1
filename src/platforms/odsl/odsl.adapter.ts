import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { AdapterParts, BuildInfo, PlatformAdapter, Resolution } from '../../domain/adapter.ts';
import { decodeKey, encodeKey } from '../../domain/ids.ts';
import type { PackageFile } from '../../domain/package.ts';
import type { ProcessDetailRecord, ProcessRecord } from '../../domain/process.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { uniqueBy } from '../unique.ts';
import type { OdslChangesClient } from './odsl.changes-client.ts';
import { changesOf } from './odsl.changes.ts';
import type { OdslClient } from './odsl.client.ts';
import type { OdslConfig } from './odsl.config.ts';
import { OdslExport } from './odsl.export.ts';
import { type FoundVersion, foundVersion } from './odsl.found-version.ts';
import { OdslImport } from './odsl.import.ts';
import { idOf, isAmbiguous, isNarrow } from './odsl.key.ts';
import { packageName } from './odsl.packaged-key.ts';
import { OdslLog } from './odsl.log.ts';
import {
  odslCron,
  toListedProcess,
  toProcessDetail,
  toVersion,
  toVersions,
  versionOf,
} from './odsl.mapper.ts';
import { MarksMet } from './odsl.marks.ts';
import { OdslRuns } from './odsl.runs.ts';
import { OdslStarts } from './odsl.starts.ts';
import { currentOf } from './odsl.standing.ts';
import type { ProcessWire } from './odsl.wire.ts';

/** OpenDataDSL by the adapter contract. */
export class OdslAdapter implements PlatformAdapter {
  readonly parts: Partial<AdapterParts>;
  readonly #client: OdslClient;

  constructor(client: OdslClient, changes: OdslChangesClient, config: OdslConfig) {
    this.#client = client;
    const environment = {
      id: config.environment,
      name: config.environment,
      kind: 'environment',
    } as const;
    const marks = new MarksMet();
    this.parts = {
      processes: {
        list: (signal) => this.#list(signal),
        get: (key, signal) => this.#get(key, signal),
        resolve: (key, signal) => this.#resolve(key, signal),
      },
      versions: {
        list: (key, signal) => this.#listVersions(key, signal),
        get: (key, version, signal) => this.#getVersion(key, version, signal),
      },
      packages: { download: (key, version, signal) => this.#download(key, version, signal) },
      export: new OdslExport(client, config),
      import: new OdslImport(client, changes, config),
      // The environment is chosen by the connection; the platform has no call that lists them.
      targets: { list: () => Promise.resolve([environment]) },
      schedules: { dialects: [odslCron] },
      runs: new OdslRuns(client, config, marks.within(client)),
      starts: new OdslStarts(client, config, marks),
      log: new OdslLog(client),
      ...changesOf(client, changes, config),
    };
  }

  async ping(signal: AbortSignal): Promise<BuildInfo> {
    const build = await this.#client.buildInfo(signal);
    const version = build['API_VERSION'] ?? build['version'];
    return { version: typeof version === 'string' ? version : null, build, missing: [] };
  }

  async #list(signal: AbortSignal): Promise<readonly ProcessRecord[]> {
    const wires = await this.#client.listProcesses(null, signal);
    const records = wires.filter((wire) => isNarrow(wire._id)).map(toListedProcess);
    return uniqueBy(records, (process) => process.key);
  }

  async #get(key: string, signal: AbortSignal): Promise<ProcessDetailRecord | null> {
    const wire = await this.#current(key, signal);
    return wire === null ? null : toProcessDetail(wire);
  }

  async #resolve(key: string, signal: AbortSignal): Promise<Resolution | null> {
    const wire = await this.#current(key, signal);
    return wire === null ? null : { key: encodeKey([wire._id]), version: null };
  }

  async #listVersions(key: string, signal: AbortSignal): Promise<readonly VersionRecord[] | null> {
    const id = idOf(key);
    if (id === null || (isAmbiguous(id) && (await this.#current(key, signal)) === null))
      return null;
    const wires = await this.#client.listVersions(id, signal);
    return wires === null ? null : toVersions(wires);
  }

  async #getVersion(
    key: string,
    version: string,
    signal: AbortSignal,
  ): Promise<VersionRecord | null> {
    const found = await this.#version(key, version, signal);
    return found === null ? null : toVersion(found.wire, found.version, found.latest);
  }

  /** A version's package is its JSON, as the platform gives it: a copy without its secrets would be of no use. */
  async #download(key: string, version: string, signal: AbortSignal): Promise<PackageFile | null> {
    const found = await this.#version(key, version, signal);
    if (found === null) return null;
    const numbered = versionOf(found.wire._version);
    const content = await this.#client.getProcessBytes(found.process, numbered, signal);
    if (content === null) return null;
    return {
      content: Readable.from([content]),
      fileName: packageName(decodeKey(key).join('-'), found.version),
      mediaType: 'application/json',
      length: content.length,
      sha256: createHash('sha256').update(content).digest('base64'),
    };
  }

  async #version(key: string, version: string, signal: AbortSignal): Promise<FoundVersion | null> {
    const current = await this.#current(key, signal);
    return current === null ? null : foundVersion(this.#client, current, version, signal);
  }

  #current(key: string, signal: AbortSignal): Promise<ProcessWire | null> {
    return currentOf(this.#client, idOf(key), signal);
  }
}
