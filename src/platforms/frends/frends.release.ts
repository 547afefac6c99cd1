import type { BuildInfo } from '../../domain/adapter.ts';
import type { Capability } from '../../domain/capability.ts';
import { UpstreamContractError } from '../../domain/errors.ts';
import type { FrendsClient } from './frends.client.ts';
import type { DocumentWire } from './frends.wire.ts';

/** How long what a tenant says of its API is good, in ms: releases come at night. */
const keepMs = 10 * 60_000;

/** What releases differ in. */
interface Abilities {
  readonly executes: boolean;
  readonly tags: boolean;
}

/** A tenant that keeps its document to itself is believed to be of a late release. */
const believed: Abilities = { executes: true, tags: true };

/** What the tenant's release says of itself, and what it can do. */
export class FrendsRelease {
  readonly #client: FrendsClient;
  #kept: { readonly at: number; readonly abilities: Abilities } | null = null;

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
    return { version, build: { title, version }, missing: missingOf(abilitiesOf(document)) };
  }

  /** Whether runs can be started. */
  async canExecute(signal: AbortSignal): Promise<boolean> {
    return (await this.#abilities(signal)).executes;
  }

  /** Whether labels can be changed. */
  async canTag(signal: AbortSignal): Promise<boolean> {
    return (await this.#abilities(signal)).tags;
  }

  async #abilities(signal: AbortSignal): Promise<Abilities> {
    if (this.#kept === null || Date.now() - this.#kept.at > keepMs) await this.#document(signal);
    return this.#kept?.abilities ?? believed;
  }

  async #document(signal: AbortSignal): Promise<DocumentWire | null> {
    const at = Date.now();
    const document = await this.#client.document(signal).catch((error: unknown) => {
      // Where the document is not served, the tenant's web pages may answer in its place.
      if (error instanceof UpstreamContractError) return null;
      throw error;
    });
    this.#kept = { at, abilities: document === null ? believed : abilitiesOf(document) };
    return document;
  }
}

function missingOf({ executes, tags }: Abilities): Capability[] {
  const missing: Capability[] = [];
  if (!tags) missing.push('lifecycle');
  if (!executes) missing.push('starts');
  return missing;
}

function abilitiesOf({ paths }: DocumentWire): Abilities {
  if (paths === null || paths === undefined) return believed;
  const has = (path: RegExp, method: string): boolean =>
    Object.entries(paths).some(
      ([each, methods]) => path.test(each) && methods?.[method] !== undefined,
    );
  return {
    executes: has(/\/process-deployments\/\{[^/]+\}\/execute$/i, 'post'),
    tags: has(/\/tags$/i, 'patch') && has(/\/tags$/i, 'delete'),
  };
}
