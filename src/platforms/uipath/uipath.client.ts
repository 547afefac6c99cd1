import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { UpstreamContractError } from '../../domain/errors.ts';
import { path } from '../../upstream/path.ts';
import type { UpstreamAnswer } from '../../upstream/upstream-call.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import { isProse, type UpstreamHeaders } from '../../upstream/upstream-failure.ts';
import type { Page, WalkTerms } from '../../upstream/walk.ts';
import type { UipathConfig } from './uipath.config.ts';
import { argument, functions, type ListCall, listPage, literal } from './uipath.odata.ts';
import { startsAsZip } from './zip-signature.ts';
import {
  type ArgumentsWire,
  argumentsWire,
  feedWire,
  type FolderWire,
  folderWire,
  odataList,
  type PackageWire,
  packageWire,
} from './uipath.wire.ts';

/** A package may be 300 MB by default, and more where the installation's owner says so. */
const largestPackage = 2 * 1_024 ** 3;
const packageTimeoutMs = 10 * 60_000;

const packageList = odataList(packageWire);
const folderList = odataList(folderWire);

/** A page of a list, but for how many rows it has. */
type PageCall = Omit<ListCall, 'top'>;

/** The calls about packages and folders, one method per call. `feedId` null is the tenant's feed. */
export class UipathClient {
  /** How its lists are walked. */
  readonly walk: WalkTerms;
  readonly #http: UpstreamClient;

  constructor(http: UpstreamClient, config: UipathConfig) {
    this.#http = http;
    const { concurrency, pageSize } = config;
    this.walk = { name: http.name, concurrency, pageSize };
  }

  /** Whom errors name. */
  get name(): UpstreamClient['name'] {
    return this.#http.name;
  }

  /** Whether the service stands. What its answer's headers say of its versions is all that counts; the body is empty. */
  async status(signal: AbortSignal): Promise<UpstreamHeaders> {
    const answer = await this.#http.text({ path: '/api/Status/Get', signal });
    return answer?.headers ?? {};
  }

  /** The build, as JSON or plain text; null on builds that do not tell (before API version 13) or not to this caller. */
  async build(signal: AbortSignal): Promise<string | null> {
    const absent = [401, 403, 404, 405];
    const answer = await this.#http.text({ path: '/api/Status/Version', absent, signal });
    return answer !== null && isProse(answer.body, answer.headers) ? answer.body : null;
  }

  /** Asks for one row, so that wrong credentials show. */
  async probe(feedId: string | null, signal: AbortSignal): Promise<void> {
    const query = { feedId, $top: 1 };
    await this.#http.json(packageList, { path: '/odata/Processes', query, signal });
  }

  /** The latest version of each package; `id` narrows to packages whose id is, on old builds contains, the text. */
  async listPackages(
    id: string | null,
    feedId: string | null,
    skip: number,
    signal: AbortSignal,
  ): Promise<Page<PackageWire>> {
    const $filter = id === null ? null : `Id eq ${literal(id)}`;
    const query = { feedId, $filter, $orderby: 'Id' };
    return this.#list(packageList, { path: '/odata/Processes', query, skip, signal });
  }

  /** Empty when there is no such package. */
  async listVersions(
    id: string,
    feedId: string | null,
    skip: number,
    signal: AbortSignal,
  ): Promise<Page<PackageWire>> {
    return this.#list(packageList, {
      path: `/odata/Processes/${functions}.GetProcessVersions(processId=${argument(id)})`,
      query: { feedId, $orderby: 'Version' },
      skip,
      signal,
      absent: [404],
    });
  }

  /** `key` is `Id:Version`; null when there is none or this credential may not see it. */
  async getArguments(key: string, signal: AbortSignal): Promise<ArgumentsWire | null> {
    const answer = await this.#http.json(argumentsWire, {
      path: `/odata/Processes/${functions}.GetArguments(key=${argument(key)})`,
      absent: [403, 404],
      signal,
    });
    return answer?.body ?? null;
  }

  /** `key` is `Id:Version`. */
  async downloadPackage(
    key: string,
    feedId: string | null,
    signal: AbortSignal,
  ): Promise<UpstreamAnswer<Readable> | null> {
    const place = `/odata/Processes/${functions}.DownloadPackage(key=${argument(key)})`;
    const answer = await this.#http.stream({
      path: place,
      query: { feedId },
      headers: { accept: 'application/octet-stream' },
      timeoutMs: packageTimeoutMs,
      maxBytes: largestPackage,
      absent: [404],
      signal,
    });
    if (answer === null || (await startsAsZip(answer.body))) return answer;
    answer.body.destroy();
    const { connection, platform, title } = this.#http.name;
    const type = answer.headers['content-type']?.slice(0, 80) ?? 'no type';
    throw new UpstreamContractError(
      `${title} (${connection}) answered GET ${place} with something that is no package (${type}).`,
      { connection, platform, sent: 'maybe' },
    );
  }

  async listFolders(skip: number, signal: AbortSignal): Promise<Page<FolderWire>> {
    return this.#folders(null, skip, signal);
  }

  /** Folders whose path is the text, and on old builds those that contain it. */
  async findFoldersByPath(fullName: string, signal: AbortSignal): Promise<readonly FolderWire[]> {
    const $filter = `FullyQualifiedName eq ${literal(fullName)}`;
    return (await this.#folders($filter, 0, signal)).items;
  }

  async getFolder(id: number, signal: AbortSignal): Promise<FolderWire | null> {
    const place = path`/odata/Folders(${id})`;
    const answer = await this.#http.json(folderWire, { path: place, absent: [404], signal });
    return answer?.body ?? null;
  }

  async getFolderByKey(key: string, signal: AbortSignal): Promise<FolderWire | null> {
    const place = path`/odata/Folders/UiPath.Server.Configuration.OData.GetByKey(identifier=${key})`;
    const answer = await this.#http.json(folderWire, { path: place, absent: [404], signal });
    return answer?.body ?? null;
  }

  /** The folder's own feed; null where it uses the tenant's. */
  async folderFeed(folderId: number, signal: AbortSignal): Promise<string | null> {
    const place = '/api/PackageFeeds/GetFolderFeed';
    const answer = await this.#http.json(feedWire, { path: place, query: { folderId }, signal });
    return answer?.body ?? null;
  }

  async #folders(
    $filter: string | null,
    skip: number,
    signal: AbortSignal,
  ): Promise<Page<FolderWire>> {
    const query = { $filter, $orderby: 'Id' };
    return this.#list(folderList, { path: '/odata/Folders', query, skip, signal });
  }

  async #list<S extends ReturnType<typeof odataList>>(
    schema: S,
    call: PageCall,
  ): Promise<Page<z.output<S>['value'][number]>> {
    return listPage(this.#http, schema, { ...call, top: this.walk.pageSize });
  }
}
