import type { Readable } from 'node:stream';
import {
  type ErrorDetails,
  GatewayError,
  RecalledError,
  UpstreamContractError,
  UpstreamRejectedError,
} from '../../domain/errors.ts';
import type { UpstreamAnswer } from '../../upstream/upstream-call.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import type { UipathConfig } from './uipath.config.ts';
import type { BlobAccessWire } from './uipath.wire.ts';

const transferTimeoutMs = 10 * 60_000;
const largestFile = 2 * 1_024 ** 3;
/** What a link may ask to be sent along: nothing that steers the request itself or carries a credential. */
const sendable = /^(x-[a-z0-9-]{1,60}|content-type)$/i;
const headerText = /^[\x20-\x7e]{0,1000}$/;

/** A way to a server that gets none of our credentials. */
export type OpenAnonymous = (origin: URL) => UpstreamClient;

interface Place {
  readonly client: UpstreamClient;
  readonly path: string;
  /** What the link's query says, which lets anybody in. */
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The storage beside the platform, which its answers link to: https at a host of the connection's `blobHosts`, or the
 * connection's own server. It gets our credentials only there, and only where the link asks for them.
 */
export class UipathStorage {
  readonly #own: UpstreamClient;
  readonly #config: UipathConfig;
  readonly #open: OpenAnonymous;
  readonly #opened = new Map<string, UpstreamClient>();

  constructor(own: UpstreamClient, config: UipathConfig, open: OpenAnonymous) {
    this.#own = own;
    this.#config = config;
    this.#open = open;
  }

  /** Putting the same bytes again changes nothing. */
  async put(access: BlobAccessWire, body: Buffer, signal: AbortSignal): Promise<void> {
    const { client, path, secret, headers } = this.#place(access);
    const request = { 'content-type': 'application/octet-stream', ...headers };
    await hiding(secret, () =>
      client.text({ method: 'PUT', path, headers: request, body, repeatable: true, signal }),
    );
  }

  /** Null when nothing lies there. */
  async get(access: BlobAccessWire, signal: AbortSignal): Promise<UpstreamAnswer<Readable> | null> {
    const { client, path, secret, headers } = this.#place(access);
    return hiding(secret, () =>
      client.stream({
        path,
        headers: { accept: '*/*', ...headers },
        timeoutMs: transferTimeoutMs,
        maxBytes: largestFile,
        absent: [404],
        signal,
      }),
    );
  }

  #place({ Uri: uri, RequiresAuth: requiresAuth, Headers: asked }: BlobAccessWire): Place {
    const url = linkOf(uri);
    if (url === null)
      throw new UpstreamContractError(
        `${this.#who} links to a file by no usable address.`,
        this.#details,
      );
    const headers = headersOf(asked?.Keys ?? [], asked?.Values ?? []);
    const { pathname, search: secret } = url;
    const isOwn = url.origin === this.#config.baseUrl.origin;
    if (requiresAuth === true) return { ...this.#signed(url, isOwn), secret, headers };
    if (!isOwn && (url.protocol !== 'https:' || !this.#allows(url.host))) {
      throw new UpstreamRejectedError(
        `${this.#who} keeps the file at ${url.protocol}//${url.host}, and that is none of the connection's blobHosts.`,
        this.#details,
      );
    }
    const client = this.#opened.get(url.origin) ?? this.#open(new URL(url.origin));
    this.#opened.set(url.origin, client);
    return { client, path: `${pathname}${secret}`, secret, headers };
  }

  /** Our credentials go to the connection's own server, below its own address, and nowhere else. */
  #signed({ pathname, search }: URL, isOwn: boolean): Pick<Place, 'client' | 'path'> {
    const base = this.#config.baseUrl.pathname.replace(/\/$/, '');
    if (!isOwn || !pathname.startsWith(`${base}/`)) {
      throw new UpstreamRejectedError(
        `${this.#who} asks for its credentials at another address; they are not sent there.`,
        this.#details,
      );
    }
    return { client: this.#own, path: `${pathname.slice(base.length)}${search}` };
  }

  #allows(host: string): boolean {
    return this.#config.blobHosts.some((allowed) =>
      allowed.startsWith('*.') ? host.endsWith(allowed.slice(1)) : host === allowed,
    );
  }

  get #who(): string {
    const { title, connection } = this.#own.name;
    return `${title} (${connection})`;
  }

  get #details(): ErrorDetails {
    const { connection, platform } = this.#own.name;
    return { connection, platform };
  }
}

/** An address on the web that brings no credential of its own; null for anything else. */
function linkOf(uri: string): URL | null {
  const url = URL.canParse(uri) ? new URL(uri) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  return url.username === '' && url.password === '' ? url : null;
}

function headersOf(names: readonly string[], values: readonly string[]): Record<string, string> {
  const pairs = names.map((name, at) => [name.toLowerCase(), values[at] ?? ''] as const);
  return Object.fromEntries(
    pairs.filter(([name, value]) => sendable.test(name) && headerText.test(value)),
  );
}

/** Errors name what was asked; the query of such a link would let every reader of a log in. */
async function hiding<T>(secret: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof GatewayError) || secret === '') throw error;
    // Without the error as its cause, which still names the link.
    throw new RecalledError(error, error.message.replaceAll(secret, ''), {
      ...error.details,
      cause: undefined,
    });
  }
}
