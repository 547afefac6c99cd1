import { UpstreamAuthFailedError } from '../domain/errors.ts';
import { timeout } from '../timing/deadline.ts';
import { unlessAborted } from '../timing/unless-aborted.ts';
import type { Authenticator } from './authenticator.ts';
import { remembered } from './remembered.ts';

/** A token, and for how long it is good from now on, in ms. */
export interface Token {
  readonly value: string;
  readonly lifetimeMs: number;
}

/** Fetches a new token from the platform's token endpoint. */
export type FetchToken = (signal: AbortSignal) => Promise<Token>;

const graceMs = 60_000;
const fetchTimeoutMs = 30_000;
/** Repeated bad sign-ins lock applications at some identity providers: after a refusal nobody asks again for so long. */
const refusalHoldMs = 15_000;

/**
 * Signs with a bearer token that it fetches: once however many ask, anew shortly before it ends, once more when the
 * upstream rejects it.
 */
export class TokenAuthenticator implements Authenticator {
  readonly #fetch: FetchToken;
  readonly #fixedSecrets: () => readonly string[];
  #token: { readonly value: string; readonly renewAt: number } | null = null;
  #pending: Promise<string> | null = null;
  /** The one before: it may still be good, and an answer that is on its way may repeat it. */
  #former: string | null = null;
  #refused: { readonly until: number; readonly error: UpstreamAuthFailedError } | null = null;

  constructor(fetch: FetchToken, secrets: () => readonly string[]) {
    this.#fetch = fetch;
    this.#fixedSecrets = secrets;
  }

  async headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const held = this.#token;
    const value =
      held !== null && held.renewAt > Date.now() ? held.value : await this.#renewed(signal);
    return { authorization: `Bearer ${value}` };
  }

  async renew(rejected: Readonly<Record<string, string>>, signal: AbortSignal): Promise<boolean> {
    if (this.#token !== null && rejected['authorization'] !== `Bearer ${this.#token.value}`)
      return true;
    this.#former = this.#token?.value ?? this.#former;
    this.#token = null;
    await this.#renewed(signal);
    return true;
  }

  secrets(): readonly string[] {
    const tokens = [this.#token?.value ?? null, this.#former].filter((token) => token !== null);
    return [...this.#fixedSecrets(), ...tokens];
  }

  /** Joins the fetch that is under way, or starts one; a caller that gives up leaves the others waiting. */
  async #renewed(signal: AbortSignal): Promise<string> {
    // Before a fetch that nobody would wait for, and whose failure nobody would catch.
    signal.throwIfAborted();
    const leftMs = (this.#refused?.until ?? 0) - Date.now();
    if (this.#refused !== null && leftMs > 0) throw remembered(this.#refused.error, leftMs);
    this.#pending ??= this.#fetchOnce();
    return unlessAborted(this.#pending, signal, () => signal.reason as Error);
  }

  async #fetchOnce(): Promise<string> {
    try {
      const { value, lifetimeMs } = await this.#fetch(timeout(fetchTimeoutMs));
      this.#former = this.#token?.value ?? this.#former;
      this.#token = { value, renewAt: Date.now() + lifetimeMs - Math.min(graceMs, lifetimeMs / 2) };
      this.#refused = null;
      return value;
    } catch (error) {
      if (error instanceof UpstreamAuthFailedError) {
        this.#refused = { until: Date.now() + refusalHoldMs, error };
      }
      throw error;
    } finally {
      this.#pending = null;
    }
  }
}
