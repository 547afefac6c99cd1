import type { StepWire } from './frends.run-wire.ts';
import { stepDataWire } from './frends.run-wire.ts';
import type { OpenUnsigned } from '../../upstream/standard-auth.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import type { UpstreamQuery } from '../../upstream/upstream-call.ts';
import type { FrendsConfig } from './frends.config.ts';

/** How a link says that it leads nowhere any more: it has expired, or the blob is gone. */
const gone = [403, 404, 410];

/**
 * The steps of runs, in blobs that the platform links to. A link carries its own signature: it is followed without the
 * connection's credentials, to no other hosts than the tenant's own and those of `blobHosts`, and no further.
 */
export class StepData {
  readonly #open: OpenUnsigned;
  readonly #baseUrl: URL;
  readonly #hosts: readonly string[];
  readonly #clients = new Map<string, UpstreamClient>();

  constructor(
    open: OpenUnsigned,
    { baseUrl, blobHosts }: Pick<FrendsConfig, 'baseUrl' | 'blobHosts'>,
  ) {
    this.#open = open;
    this.#baseUrl = baseUrl;
    this.#hosts = blobHosts;
  }

  /** Null where the link leads to a host that is not known, or nowhere. */
  async read(link: string, signal: AbortSignal): Promise<readonly StepWire[] | null> {
    const url = URL.canParse(link) ? new URL(link) : null;
    if (url === null || !this.#isKnown(url)) return null;
    const call = { path: url.pathname, query: queryOf(url), absent: gone, signal };
    return (await this.#clientOf(url.origin).json(stepDataWire, call))?.body ?? null;
  }

  #isKnown(url: URL): boolean {
    if (url.username !== '' || url.password !== '') return false;
    if (url.origin === this.#baseUrl.origin) return true;
    if (url.protocol !== 'https:') return false;
    return this.#hosts.some((host) =>
      host.startsWith('*.') ? url.host.endsWith(host.slice(1)) : url.host === host,
    );
  }

  #clientOf(origin: string): UpstreamClient {
    const client = this.#clients.get(origin) ?? this.#open(new URL('/', origin));
    this.#clients.set(origin, client);
    return client;
  }
}

/** The signature stands in the query: there it is left out of everything that errors say. */
function queryOf(url: URL): UpstreamQuery {
  const names = [...new Set(url.searchParams.keys())];
  return Object.fromEntries(names.map((name) => [name, url.searchParams.getAll(name)]));
}
