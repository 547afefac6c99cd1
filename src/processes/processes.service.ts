import { Inject, Injectable } from '@nestjs/common';
import type { Demand } from '../catalogue/freshness.ts';
import { CursorSeal } from '../catalogue/cursor.ts';
import { together } from '../catalogue/source.ts';
import type { Capability } from '../domain/capability.ts';
import type { Deployment, DeploymentRecord } from '../domain/deployment.ts';
import type { PackageFile } from '../domain/package.ts';
import type { ProcessDetail, ProcessDetailRecord } from '../domain/process.ts';
import type { Version, VersionRecord } from '../domain/version.ts';
import { deadline } from '../timing/deadline.ts';
import { opened } from '../timing/opened.ts';
import { toDeployment, toProcessDetail, toVersion } from './presenter.ts';
import { standingIn, StandIns } from './stand-ins.ts';
import { pageOf, type PageCall } from './versions-page.ts';
import {
  type Caching,
  type FoundProcess,
  notFound,
  ProcessReads,
  readTimeoutMs,
} from './process-reads.ts';

/** The bytes of a version, and where they belong. */
export interface FoundPackage {
  readonly file: PackageFile;
  /** The canonical id of the process. */
  readonly id: string;
  /** The version that was asked for, by the route or by the alias that the id is; null where it is the latest. */
  readonly version: string | null;
}

/** What a single read answers with. */
export interface Found<T> {
  readonly body: T;
  /** The canonical id of the process. */
  readonly id: string;
  /** Null when it was read live, for this call alone. */
  readonly cached: Caching | null;
}

/** A page of versions. */
export interface VersionsBody {
  readonly data: readonly Version[];
  readonly page: { readonly nextCursor: string | null; readonly total: number };
}

/** Processes one by one: what they are, their versions, packages and deployments. */
@Injectable()
export class ProcessesService {
  readonly #reads: ProcessReads;
  readonly #standIns: StandIns;
  readonly #seal: CursorSeal;

  constructor(
    @Inject(ProcessReads) reads: ProcessReads,
    @Inject(StandIns) standIns: StandIns,
    @Inject(CursorSeal) seal: CursorSeal,
  ) {
    this.#reads = reads;
    this.#standIns = standIns;
    this.#seal = seal;
  }

  async process(id: string, native: boolean, demand: Demand): Promise<Found<ProcessDetail>> {
    const found = await this.#found(id, 'processes', native, demand);
    const { connection, key, version } = found;
    const processes = connection.part('processes');
    if (native) {
      const record = await processes.get(key, deadline(readTimeoutMs(connection)));
      if (record === null) throw missing(found);
      return { body: toProcessDetail(connection, record, version), id: found.id, cached: null };
    }
    const listed = () => this.#standIns.process(found);
    try {
      const { value, ...cached } = await this.#reads.readListed(
        found,
        ['process', key],
        demand,
        async (signal) => {
          const record = await processes.get(key, signal);
          return record === null ? null : withoutNative(record);
        },
        async () => (await listed()) !== null,
      );
      if (value === null) throw missing(found);
      const body = toProcessDetail(connection, value, version);
      return { body, id: found.id, cached: older(cached, found) };
    } catch (error) {
      const { body, cached } = await standingIn(error, listed);
      return { body, id: found.id, cached: older(cached, found) };
    }
  }

  async versions(
    id: string,
    page: PageCall,
    native: boolean,
    demand: Demand,
  ): Promise<Found<VersionsBody>> {
    const found = await this.#reads.find(id, 'versions', demand);
    const { connection, key } = found;
    const part = connection.part('versions');
    const { value, ...cached } = await this.#reads.readListed(
      found,
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
    const body = { data, page: { nextCursor, total } };
    return { body, id: found.id, cached: older(cached, found) };
  }

  async version(
    id: string,
    version: string,
    native: boolean,
    demand: Demand,
  ): Promise<Found<Version>> {
    const found = await this.#found(id, 'versions', native, demand);
    const { connection, key } = found;
    const part = connection.part('versions');
    const none = notFound(connection, `${found.id} has no version "${version}".`);
    if (native) {
      const record = await part.get(key, version, deadline(readTimeoutMs(connection)));
      if (record === null) throw none;
      return { body: toVersion(connection, key, record, true), id: found.id, cached: null };
    }
    const what = ['version', key, encodeURIComponent(version)];
    const listed = () => this.#standIns.version(found, version);
    try {
      const { value, ...cached } = await this.#reads.read(
        connection,
        what,
        demand,
        async (signal) => {
          const record = await part.get(key, version, signal);
          return record === null ? null : withoutNative(record);
        },
        { askedAt: found.askedAt, elsewhere: async () => (await listed()) !== null },
      );
      if (value === null) throw none;
      const body = toVersion(connection, key, value, false);
      return { body, id: found.id, cached: older(cached, found) };
    } catch (error) {
      const { body, cached } = await standingIn(error, listed);
      return { body, id: found.id, cached: older(cached, found) };
    }
  }

  async deployments(
    id: string,
    native: boolean,
    demand: Demand,
  ): Promise<Found<readonly Deployment[]>> {
    const found = await this.#reads.find(id, 'deployments', demand);
    const { connection, key } = found;
    const part = connection.part('deployments');
    const { value, ...cached } = await this.#reads.readListed<readonly DeploymentRecord[]>(
      found,
      ['deployments', key],
      demand,
      (signal) => part.list(key, signal),
    );
    if (value === null) throw missing(found);
    return {
      body: value.map((each) => toDeployment(connection, key, each, native)),
      id: found.id,
      cached: older(cached, found),
    };
  }

  /** The bytes of a version; of the version that the id named when it named one, else of the latest. */
  async package(
    id: string,
    version: string | null,
    demand: Demand,
    signal: AbortSignal,
  ): Promise<FoundPackage> {
    const found = await this.#reads.findLive(id, 'packages', demand, signal);
    const part = found.connection.part('packages');
    const named = version ?? found.version;
    const asked = named ?? 'latest';
    const file = await opened(readTimeoutMs(found.connection), signal, (either) =>
      part.download(found.key, asked, either),
    );
    if (file === null)
      throw notFound(found.connection, `${found.id} has no package of version "${asked}".`);
    return { file, id: found.id, version: named };
  }

  /** What an id means: as it is now where the rest of the answer is read live, else as the call demands. */
  #found(id: string, wanted: Capability, live: boolean, demand: Demand): Promise<FoundProcess> {
    return live ? this.#reads.findLive(id, wanted, demand) : this.#reads.find(id, wanted, demand);
  }
}

function missing({ connection, id }: FoundProcess): Error {
  return notFound(connection, `There is no process "${id}" any more.`);
}

/** An answer is as old as the older of what it is made of: the thing itself, and what its id means. */
function older(cached: Caching, { resolved }: FoundProcess): Caching {
  if (resolved === null) return cached;
  return {
    etag: cached.etag,
    asOf: Math.min(cached.asOf, resolved.asOf),
    freshUntil: Math.min(cached.freshUntil, resolved.freshUntil),
    forwarded: together([cached.forwarded, resolved.forwarded]),
    problem: cached.problem ?? resolved.problem,
  };
}

function withoutNative<T extends ProcessDetailRecord | VersionRecord>(
  record: T,
): Omit<T, 'native'> & { native: null } {
  return { ...record, native: null };
}
