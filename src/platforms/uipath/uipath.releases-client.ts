import type { z } from 'zod';
import { path } from '../../upstream/path.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import type { Page, WalkTerms } from '../../upstream/walk.ts';
import type { UipathConfig } from './uipath.config.ts';
import { folderHeaders } from './uipath.folder.ts';
import { type ListCall, listPage, literal } from './uipath.odata.ts';
import {
  type DeployedWire,
  deployedWire,
  odataList,
  type ReleaseWire,
  releaseWire,
} from './uipath.wire.ts';

const releaseList = odataList(releaseWire);
const deployedList = odataList(deployedWire);

/** The calls that read releases, in the connection's folder. */
export class UipathReleasesClient {
  /** How its lists are walked. */
  readonly walk: WalkTerms;
  readonly #http: UpstreamClient;
  readonly #folder: Readonly<Record<string, string>>;

  constructor(http: UpstreamClient, { concurrency, pageSize, folder }: UipathConfig) {
    this.#http = http;
    this.walk = { name: http.name, concurrency, pageSize };
    this.#folder = folderHeaders(folder);
  }

  /** The releases of a package in the connection's folder. */
  async listReleases(
    processKey: string,
    skip: number,
    signal: AbortSignal,
  ): Promise<Page<ReleaseWire>> {
    return this.#releases(releaseList, {
      query: { $filter: `ProcessKey eq ${literal(processKey)}`, $expand: 'CurrentVersion' },
      skip,
      signal,
    });
  }

  /** Which packages stand as releases in the connection's folder. */
  async listDeployed(skip: number, signal: AbortSignal): Promise<Page<DeployedWire>> {
    return this.#releases(deployedList, { query: { $select: 'Id,ProcessKey' }, skip, signal });
  }

  /** The key is a text in the platform's model: a bare GUID is refused. */
  async findReleasesByKey(key: string, signal: AbortSignal): Promise<readonly ReleaseWire[]> {
    const query = { $filter: `Key eq ${literal(key)}` };
    return (await this.#releases(releaseList, { query, skip: 0, signal })).items;
  }

  /** In the connection's folder; on old builds those whose name contains the text, too. */
  async listReleasesByName(
    name: string,
    skip: number,
    signal: AbortSignal,
  ): Promise<Page<ReleaseWire>> {
    const query = { $filter: `Name eq ${literal(name)}` };
    return this.#releases(releaseList, { query, skip, signal });
  }

  async getRelease(id: string, signal: AbortSignal): Promise<ReleaseWire | null> {
    return this.#release(id, null, signal);
  }

  /** A release with the versions that it has run. */
  async getReleaseVersions(id: string, signal: AbortSignal): Promise<ReleaseWire | null> {
    return this.#release(id, 'CurrentVersion,ReleaseVersions', signal);
  }

  async #release(
    id: string,
    $expand: string | null,
    signal: AbortSignal,
  ): Promise<ReleaseWire | null> {
    const answer = await this.#http.json(releaseWire, {
      path: path`/odata/Releases(${id})`,
      query: { $expand },
      headers: this.#folder,
      absent: [404],
      signal,
    });
    return answer?.body ?? null;
  }

  async #releases<S extends typeof releaseList | typeof deployedList>(
    schema: S,
    call: Pick<ListCall, 'query' | 'skip' | 'signal'>,
  ): Promise<Page<z.output<S>['value'][number]>> {
    return listPage(this.#http, schema, {
      ...call,
      path: '/odata/Releases',
      query: { ...call.query, $orderby: 'Id' },
      headers: this.#folder,
      top: this.walk.pageSize,
    });
  }
}
