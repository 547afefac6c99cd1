import { Readable } from 'node:stream';
import type { AdapterParts, BuildInfo, PlatformAdapter, Resolution } from '../../domain/adapter.ts';
import { decodeKey, encodeKey } from '../../domain/ids.ts';
import type { PackageFile } from '../../domain/package.ts';
import type { ProcessDetailRecord, ProcessRecord } from '../../domain/process.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { fileNameOf } from '../../upstream/file-name.ts';
import { isSegment } from '../../upstream/path.ts';
import { uniqueBy } from '../unique.ts';
import type { OdslClient } from './odsl.client.ts';
import type { OdslConfig } from './odsl.config.ts';
import {
  odslCron,
  toListedProcess,
  toProcessDetail,
  toVersion,
  toVersions,
  versionOf,
} from './odsl.mapper.ts';
import type { ProcessWire } from './odsl.wire.ts';

/** OpenDataDSL by the adapter contract. */
export class OdslAdapter implements PlatformAdapter {
  readonly parts: Partial<AdapterParts>;
  readonly #client: OdslClient;

  constructor(client: OdslClient, config: OdslConfig) {
    this.#client = client;
    const environment = {
      id: config.environment,
      name: config.environment,
      kind: 'environment',
    } as const;
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
      // The environment is chosen by the connection; the platform has no call that lists them.
      targets: { list: () => Promise.resolve([environment]) },
      schedules: { dialects: [odslCron] },
    };
  }

  async ping(signal: AbortSignal): Promise<BuildInfo> {
    const build = await this.#client.buildInfo(signal);
    const version = build['API_VERSION'] ?? build['version'];
    return { version: typeof version === 'string' ? version : null, build };
  }

  async #list(signal: AbortSignal): Promise<readonly ProcessRecord[]> {
    const wires = await this.#client.listProcesses(signal);
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
    const id = processId(key);
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
      fileName: fileNameOf(undefined, `${decodeKey(key).join('-')}.${found.version}.json`),
      mediaType: 'application/json',
      length: content.length,
    };
  }

  async #version(key: string, version: string, signal: AbortSignal): Promise<FoundVersion | null> {
    const current = await this.#current(key, signal);
    if (current === null) return null;
    const process = current._id;
    const latest = versionOf(current._version);
    if (version === 'latest' || version === latest)
      return { process, wire: current, version: latest ?? 'latest', latest: latest ?? 'latest' };
    if (!isNarrow(version) || isAmbiguous(version)) return null;
    const wire = await this.#client.getProcess(process, version, signal);
    return wire === null
      ? null
      : { process, wire, version: versionOf(wire._version) ?? version, latest };
  }

  async #current(key: string, signal: AbortSignal): Promise<ProcessWire | null> {
    const id = processId(key);
    const wire = id === null ? null : await this.#client.getProcess(id, null, signal);
    return wire !== null && id !== null && isAmbiguous(id) && wire._id !== id ? null : wire;
  }
}

/** A version as it was found, and which one is the newest. */
interface FoundVersion {
  /** `_id` of the process; older versions have another one of their own. */
  readonly process: string;
  readonly wire: ProcessWire;
  readonly version: string;
  readonly latest: string | null;
}

/** The `_id` that a key means; null where it could widen a call beyond one process. */
function processId(key: string): string | null {
  const [id = '', ...more] = decodeKey(key);
  return more.length === 0 && isNarrow(id) ? id : null;
}

/** Whether a text names one thing, whatever a server makes of its slashes: `*` is every version, `~LATEST` a moving one. */
function isNarrow(text: string): boolean {
  return text.split('/').every((part) => isSegment(part) && part !== '*' && part !== '~LATEST');
}

/** A slash is sent encoded; a server or proxy that takes it for a plain one means another thing: `a/b` is a tag of `a`. */
function isAmbiguous(text: string): boolean {
  return text.includes('/');
}
