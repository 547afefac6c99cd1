import type { Departure } from '../../domain/write.ts';
import { path } from '../../upstream/path.ts';
import type { UpstreamCall } from '../../upstream/upstream-call.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import { acceptanceOf } from '../acceptance.ts';
import type { UipathConfig } from './uipath.config.ts';
import { folderHeaders } from './uipath.folder.ts';
import { argument, functions } from './uipath.odata.ts';
import { numberWire, type ReleaseWire, releaseWire } from './uipath.wire.ts';

/** How a request of a change leaves. */
export type Leave = Pick<Departure, 'signal' | 'permit'>;
/** Members of `ReleaseDto`; builds differ in which others they refuse, so only what is to be said. */
export type ReleaseBody = Readonly<Record<string, unknown>>;
type Write = Pick<UpstreamCall, 'method' | 'path' | 'query' | 'headers' | 'body'>;

/** The calls that change packages and, in the connection's folder, releases. None is ever sent twice by itself. */
export class UipathChangesClient {
  readonly #http: UpstreamClient;
  /** How long a request may take, in ms. */
  readonly timeoutMs: number;
  readonly #folder: Readonly<Record<string, string>>;

  constructor(http: UpstreamClient, config: UipathConfig) {
    this.#http = http;
    this.timeoutMs = config.timeout;
    this.#folder = folderHeaders(config.folder);
  }

  /** Whom errors name. */
  get name(): UpstreamClient['name'] {
    return this.#http.name;
  }

  /** `key` is `Id:Version`. */
  async deletePackage(key: string, feedId: string | null, leave: Leave): Promise<void> {
    const place = `/odata/Processes(${argument(key)})`;
    await this.#accepted({ method: 'DELETE', path: place, query: { feedId } }, leave);
  }

  async createRelease(body: ReleaseBody, leave: Leave): Promise<ReleaseWire | null> {
    const call = { method: 'POST', path: '/odata/Releases', ...this.#json(body) } as const;
    const answer = await this.#http.json(releaseWire, this.#write(call, leave));
    return answer?.body ?? null;
  }

  /** What the body leaves out stays. A PUT would empty it. */
  async patchRelease(id: string, body: ReleaseBody, leave: Leave): Promise<void> {
    const place = path`/odata/Releases(${id})`;
    await this.#accepted({ method: 'PATCH', path: place, ...this.#json(body) }, leave);
  }

  async deleteRelease(id: string, leave: Leave): Promise<void> {
    const place = path`/odata/Releases(${id})`;
    await this.#accepted({ method: 'DELETE', path: place, headers: this.#folder }, leave);
  }

  async updateToSpecificPackageVersion(
    id: string,
    packageVersion: string,
    leave: Leave,
  ): Promise<void> {
    const place = `${path`/odata/Releases(${id})`}/${functions}.UpdateToSpecificPackageVersion`;
    await this.#action({ path: place, ...this.#json({ packageVersion }) }, leave);
  }

  async rollbackToPreviousReleaseVersion(id: string, leave: Leave): Promise<void> {
    const place = `${path`/odata/Releases(${id})`}/${functions}.RollbackToPreviousReleaseVersion`;
    await this.#action({ path: place, headers: this.#folder }, leave);
  }

  async #action(call: Write, leave: Leave): Promise<void> {
    await this.#http.json(numberWire, this.#write({ method: 'POST', ...call }, leave));
  }

  /** One whose answer has no body that any document describes. */
  async #accepted(call: Write, leave: Leave): Promise<void> {
    const answer = await this.#http.text(this.#write(call, leave));
    if (answer !== null) acceptanceOf(this.name, `${call.method} ${call.path}`, answer);
  }

  #json(body: ReleaseBody): Pick<Write, 'headers' | 'body'> {
    const headers = { ...this.#folder, 'content-type': 'application/json' };
    return { headers, body: JSON.stringify(body) };
  }

  /** `permit` is called right before the request is written. */
  #write(call: Write, { permit, signal }: Leave): UpstreamCall {
    return { ...call, timeoutMs: this.timeoutMs, permit, signal };
  }
}
