import { Inject, Injectable } from '@nestjs/common';
import type { Demand } from '../catalogue/freshness.ts';
import type { ReadAnswer } from '../catalogue/read-cache.ts';
import { Catalogue } from '../catalogue/catalogue.ts';
import { CursorSeal } from '../catalogue/cursor.ts';
import { deadline } from '../upstream/deadline.ts';
import { GatewayError, type ProblemCode } from '../domain/errors.ts';
import type { Deployment, DeploymentRecord } from '../domain/deployment.ts';
import type { PackageFile } from '../domain/package.ts';
import type { ProcessDetail, ProcessDetailRecord } from '../domain/process.ts';
import type { Version, VersionRecord } from '../domain/version.ts';
import { toDeployment, toProcessDetail, toVersion } from './presenter.ts';
import { pageOf, type PageCall } from './versions-page.ts';
import { type FoundProcess, notFound, ProcessReads, readTimeoutMs } from './process-reads.ts';

/** What a single read answers with. */
export interface Found<T> {
  readonly body: T;
  /** The canonical id of the process. */
  readonly id: string;
  /** Null when it was read live, for this call alone. */
  readonly cached: Omit<ReadAnswer<unknown>, 'value'> | null;
}

/** A page of versions. */
export interface VersionsBody {
  readonly data: readonly Version[];
  readonly page: { readonly nextCursor: string | null; readonly total: number };
}

/** Upstream failures that the list's entry can stand in for. */
const standsInFor: readonly ProblemCode[] = [
  'upstream_auth_failed',
  'upstream_contract',
  'upstream_rate_limited',
  'upstream_timeout',
  'upstream_unavailable',
];

/** Processes one by one: what they are, their versions, packages and deployments. */
@Injectable()
export class ProcessesService {
  readonly #reads: ProcessReads;
  readonly #catalogue: Catalogue;
  readonly #seal: CursorSeal;

  constructor(
    @Inject(ProcessReads) reads: ProcessReads,
    @Inject(Catalogue) catalogue: Catalogue,
    @Inject(CursorSeal) seal: CursorSeal,
  ) {
    this.#reads = reads;
    this.#catalogue = catalogue;
    this.#seal = seal;
  }

  async process(id: string, native: boolean, demand: Demand): Promise<Found<ProcessDetail>> {
    const found = await this.#reads.find(id, 'processes');
    const { connection, key, version } = found;
    const processes = connection.part('processes');
    if (native) {
      const record = await processes.get(key, deadline(readTimeoutMs(connection)));
      if (record === null) throw missing(found);
      return { body: toProcessDetail(connection, record, version), id: found.id, cached: null };
    }
    try {
      const { value, ...cached } = await this.#reads.read(
        connection,
        ['process', key],
        demand,
        async (signal) => {
          const record = await processes.get(key, signal);
          return record === null ? null : withoutNative(record);
        },
      );
      if (value === null) throw missing(found);
      return { body: toProcessDetail(connection, value, version), id: found.id, cached };
    } catch (error) {
      return this.#fromList(found, error);
    }
  }

  async versions(
    id: string,
    page: PageCall,
    native: boolean,
    demand: Demand,
  ): Promise<Found<VersionsBody>> {
    const found = await this.#reads.find(id, 'versions');
    const { connection, key } = found;
    const part = connection.part('versions');
    const { value, ...cached } = await this.#reads.read(
      connection,
      ['versions', key],
      demand,
      (signal) => part.list(key, signal),
    );
    if (value === null) throw missing(found);
    const { versions, nextCursor, total } = await pageOf(
      value,
      { process: found.id, ...page },
      this.#seal,
    );
    const data = versions.map((each) => toVersion(connection, key, each, native));
    return { body: { data, page: { nextCursor, total } }, id: found.id, cached };
  }

  async version(
    id: string,
    version: string,
    native: boolean,
    demand: Demand,
  ): Promise<Found<Version>> {
    const found = await this.#reads.find(id, 'versions');
    const { connection, key } = found;
    const part = connection.part('versions');
    const none = notFound(connection, `${found.id} has no version "${version}".`);
    if (native) {
      const record = await part.get(key, version, deadline(readTimeoutMs(connection)));
      if (record === null) throw none;
      return { body: toVersion(connection, key, record, true), id: found.id, cached: null };
    }
    const what = ['version', key, encodeURIComponent(version)];
    const { value, ...cached } = await this.#reads.read(
      connection,
      what,
      demand,
      async (signal) => {
        const record = await part.get(key, version, signal);
        return record === null ? null : withoutNative(record);
      },
    );
    if (value === null) throw none;
    return { body: toVersion(connection, key, value, false), id: found.id, cached };
  }

  async deployments(
    id: string,
    native: boolean,
    demand: Demand,
  ): Promise<Found<readonly Deployment[]>> {
    const found = await this.#reads.find(id, 'deployments');
    const { connection, key } = found;
    const part = connection.part('deployments');
    const { value, ...cached } = await this.#reads.read<readonly DeploymentRecord[]>(
      connection,
      ['deployments', key],
      demand,
      (signal) => part.list(key, signal),
    );
    if (value === null) throw missing(found);
    return {
      body: value.map((each) => toDeployment(connection, key, each, native)),
      id: found.id,
      cached,
    };
  }

  /** The bytes of a version; of the version that the id named when it named one, else of the latest. */
  async package(id: string, version: string | null, signal: AbortSignal): Promise<PackageFile> {
    const found = await this.#reads.find(id, 'packages');
    const part = found.connection.part('packages');
    const asked = version ?? found.version ?? 'latest';
    const file = await part.download(found.key, asked, signal);
    if (file === null)
      throw notFound(found.connection, `${found.id} has no package of version "${asked}".`);
    return file;
  }

  /** What the list knows of a process, while its platform cannot be asked. */
  async #fromList(
    { connection, key, id, version }: FoundProcess,
    error: unknown,
  ): Promise<Found<ProcessDetail>> {
    if (!(error instanceof GatewayError) || !standsInFor.includes(error.code)) throw error;
    const entry = await this.#catalogue.entry(connection.id, key);
    if (entry === null) throw error;
    const { process, asOf } = entry;
    const body: ProcessDetail = {
      ...process,
      deployments: null,
      inputSchema: null,
      configuration: null,
      resolvedVersion: version,
    };
    const problem = { code: error.code, detail: error.message };
    return {
      body,
      id,
      cached: { etag: `W/"list-${asOf}"`, asOf, freshUntil: asOf, forwarded: 'stale', problem },
    };
  }
}

function missing({ connection, id }: FoundProcess): Error {
  return notFound(connection, `There is no process "${id}" any more.`);
}

function withoutNative<T extends ProcessDetailRecord | VersionRecord>(
  record: T,
): Omit<T, 'native'> & { native: null } {
  return { ...record, native: null };
}
