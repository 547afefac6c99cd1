import type { BuildInfo } from '../../domain/adapter.ts';
import { UpstreamContractError } from '../../domain/errors.ts';
import type { FrendsClient } from './frends.client.ts';
import type { DocumentWire } from './frends.wire.ts';

/** How long what a tenant says of its API is good, in ms: releases come at night. */
const keepMs = 10 * 60_000;

/** What the tenant's release says of itself, and what it can do. */
export class FrendsRelease {
  readonly #client: FrendsClient;
  #kept: { readonly at: number; readonly canExecute: boolean } | null = null;

  constructor(client: FrendsClient) {
    this.#client = client;
  }

  /** Asks the tenant now; also where it serves no document, so that credentials are tried in any case. */
  async ping(signal: AbortSignal): Promise<BuildInfo> {
    const document = await this.#document(signal);
    if (document === null) {
      await this.#client.probe(signal);
      return { version: null, build: {}, missing: [] };
    }
    const { title = null, version = null } = document.info;
    const missing = canExecute(document) ? [] : (['starts'] as const);
    return { version, build: { title, version }, missing };
  }

  /** Whether runs can be started; a tenant that keeps its document to itself is believed to. */
  async canExecute(signal: AbortSignal): Promise<boolean> {
    if (this.#kept === null || Date.now() - this.#kept.at > keepMs) await this.#document(signal);
    return this.#kept?.canExecute ?? true;
  }

  async #document(signal: AbortSignal): Promise<DocumentWire | null> {
    const at = Date.now();
    const document = await this.#client.document(signal).catch((error: unknown) => {
      // Where the document is not served, the tenant's web pages may answer in its place.
      if (error instanceof UpstreamContractError) return null;
      throw error;
    });
    this.#kept = { at, canExecute: document === null || canExecute(document) };
    return document;
  }
}

function canExecute({ paths }: DocumentWire): boolean {
  if (paths === null || paths === undefined) return true;
  return Object.entries(paths).some(
    ([path, methods]) =>
      /\/process-deployments\/\{[^/]+\}\/execute$/i.test(path) && methods?.['post'] !== undefined,
  );
}
