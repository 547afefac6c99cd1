import { LRUCache } from 'lru-cache';
import { isRunId, placeOf } from './concord.key.ts';
import type { ConcordRunClient } from './concord.run-client.ts';
import type { RunWire } from './concord.wire.ts';

const rememberedRuns = 10_000;

/** Where a server keeps what it runs for itself, as what its triggers begin with; administrators see it. */
export const serverOrganization = 'ConcordSystem';

/** Whether what an organization defines belongs to a connection: the server's own does only where it is named. */
export function ownsDefinitions(
  organizations: readonly string[] | undefined,
  organization: string,
): boolean {
  return organizations?.includes(organization) ?? organization !== serverOrganization;
}

/** Which runs belong to a connection: those of its organizations, and those of no project. */
export class ConcordScope {
  readonly #client: ConcordRunClient;
  readonly #organizations: readonly string[] | undefined;
  /** Runs never move: whose they are is asked once. */
  readonly #known = new LRUCache<string, boolean>({ max: rememberedRuns });

  constructor(client: ConcordRunClient, organizations: readonly string[] | undefined) {
    this.#client = client;
    this.#organizations = organizations;
  }

  /** What lists are limited to; null: nothing. */
  get organizations(): readonly (string | null)[] {
    return this.#organizations ?? [null];
  }

  ownsOrganization(organization: string): boolean {
    return this.#organizations?.includes(organization) ?? true;
  }

  owns({ orgName }: RunWire): boolean {
    return orgName === null || orgName === undefined || this.ownsOrganization(orgName);
  }

  /** Whether a run can be asked for under this id; asks whose it is only where that matters and nobody said it. */
  async admits(id: string, process: string | null, signal: AbortSignal): Promise<boolean> {
    if (!isRunId(id)) return false;
    if (this.#organizations === undefined) return true;
    const place = process === null ? null : placeOf(process);
    if (place !== null) return this.ownsOrganization(place.organization);
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const run = await this.#client.getRun(id, [], signal);
    if (run === null) return false;
    this.#known.set(id, this.owns(run));
    return this.owns(run);
  }
}
