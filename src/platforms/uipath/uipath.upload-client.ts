import { UpstreamContractError } from '../../domain/errors.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import type { PackageForm } from './package-form.ts';
import type { Leave } from './uipath.changes-client.ts';
import type { UipathConfig } from './uipath.config.ts';
import { functions } from './uipath.odata.ts';
import { type BulkItemWire, bulkItemsWire } from './uipath.wire.ts';

/** The call that takes a package. It is never sent twice by itself. */
export class UipathUploadClient {
  /** How long an upload may take, in ms. */
  readonly timeoutMs: number;
  /** How long other requests of the connection may take, in ms. */
  readonly readMs: number;
  readonly #http: UpstreamClient;

  constructor(http: UpstreamClient, { importTimeout, timeout }: UipathConfig) {
    this.#http = http;
    this.timeoutMs = importTimeout;
    this.readMs = timeout;
  }

  /** Whom errors name. */
  get name(): UpstreamClient['name'] {
    return this.#http.name;
  }

  /** What became of the one package of the form: its answer says 200, or 207 with a status for each, and may say no. */
  async uploadPackage(
    { headers, body }: PackageForm,
    feedId: string | null,
    { permit, signal }: Leave,
  ): Promise<BulkItemWire> {
    const answer = await this.#http.json(bulkItemsWire, {
      method: 'POST',
      path: `/odata/Processes/${functions}.UploadPackage`,
      query: { feedId },
      headers,
      body,
      timeoutMs: this.timeoutMs,
      permit,
      signal,
    });
    const [item, ...more] = answer?.body.value ?? [];
    if (item !== undefined && more.length === 0) return item;
    throw this.broken('it says nothing, or too much, of the one package');
  }

  /** An answer that is not what the platform's documents promise: the package may have been taken. */
  broken(problem: string): UpstreamContractError {
    const { connection, platform, title } = this.name;
    return new UpstreamContractError(
      `${title} (${connection}) answered an upload with something that is not its contract: ${problem}.`,
      { connection, platform, sent: 'maybe' },
    );
  }
}
