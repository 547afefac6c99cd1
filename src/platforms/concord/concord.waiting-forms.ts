import { LRUCache } from 'lru-cache';
import { UpstreamAuthFailedError } from '../../domain/errors.ts';
import { path } from '../../upstream/path.ts';
import type { ConcordRunClient } from './concord.run-client.ts';
import { statusOf } from './concord.run-mapper.ts';
import type { RunWire } from './concord.wire.ts';

const rememberedRuns = 10_000;

/** The pages on which people fill in what suspended runs wait for. Each suspension is asked once: it ends with its form. */
export class WaitingForms {
  readonly #client: ConcordRunClient;
  readonly #base: string;
  readonly #waiting = new LRUCache<string, boolean>({ max: rememberedRuns });

  constructor(client: ConcordRunClient, baseUrl: URL) {
    this.#client = client;
    this.#base = `${baseUrl.origin}${baseUrl.pathname.replace(/\/$/, '')}`;
  }

  /** The console's page that leads through the forms of a run; null while none waits. */
  async pageOf(run: RunWire, signal: AbortSignal): Promise<string | null> {
    if (statusOf(run) !== 'suspended') return null;
    const suspension = `${run.instanceId}@${run.lastUpdatedAt ?? ''}`;
    const waits = this.#waiting.get(suspension) ?? (await this.#waits(run.instanceId, signal));
    this.#waiting.set(suspension, waits);
    return waits ? `${this.#base}/#${path`/process/${run.instanceId}/wizard`}` : null;
  }

  async #waits(id: string, signal: AbortSignal): Promise<boolean> {
    try {
      return (await this.#client.listForms(id, signal)).length > 0;
    } catch (error) {
      // Whoever may see a run may still not see its forms; to them there is none.
      if (error instanceof UpstreamAuthFailedError && error.details.upstream?.status === 403)
        return false;
      throw error;
    }
  }
}
