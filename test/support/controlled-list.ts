import type { FreshnessPolicy } from '../../src/catalogue/freshness.ts';
import type { SnapshotItem } from '../../src/catalogue/snapshot.ts';
import type { CatalogueSource } from '../../src/catalogue/source.ts';
import { encodeKey, formatId } from '../../src/domain/ids.ts';
import type { Process } from '../../src/domain/process.ts';
import { link } from '../../src/http/links.ts';

/** The policy of a gateway that is not configured otherwise. */
export const policy: FreshnessPolicy = {
  ttl: 30_000,
  staleWhileRevalidate: 600_000,
  staleIfError: 86_400_000,
};

/** A process of a connection's list. */
export function processOf(
  connection: string,
  name: string,
  changes: Partial<Process> = {},
): Process {
  const key = changes.key ?? encodeKey([name]);
  const id = formatId(connection, key);
  return {
    id,
    connection,
    platform: connection.split('-')[0] ?? connection,
    key,
    name,
    description: null,
    kind: 'process',
    enabled: true,
    latestVersion: '1',
    labels: [],
    service: null,
    schedule: null,
    createdAt: null,
    updatedAt: null,
    updatedBy: null,
    capabilities: ['processes'],
    links: {
      self: link`/v1/processes/${id}`,
      versions: null,
      package: null,
      deployments: null,
      start: null,
    },
    ...changes,
    native: null,
  };
}

/** An upstream whose list the test controls, and which counts how often it is walked. */
export class ControlledList {
  readonly connection: string;
  processes: Process[];
  /** Thrown by every walk while it is not null. */
  error: Error | null = null;
  walks = 0;
  /** How many have ended, well or not. */
  ended = 0;
  #gate: Promise<void> | null = null;
  #open: () => void = () => undefined;

  constructor(connection: string, names: readonly string[] = []) {
    this.connection = connection;
    this.processes = names.map((name) => processOf(connection, name));
  }

  set names(names: readonly string[]) {
    this.processes = names.map((name) => processOf(this.connection, name));
  }

  /** Walks wait from now on; what they bring is what stands when they begin. */
  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open();
    this.#gate = null;
  }

  source(changes: Partial<CatalogueSource> = {}): CatalogueSource {
    const { connection } = this;
    const platform = connection.split('-')[0] ?? connection;
    const list = (): Promise<SnapshotItem[]> => this.#list();
    return { connection, platform, policy, timeoutMs: 60_000, list, ...changes };
  }

  async #list(): Promise<SnapshotItem[]> {
    this.walks += 1;
    const [found, error] = [this.processes, this.error];
    try {
      await this.#gate;
      if (error !== null) throw error;
      return found.map((process) => ({ process, native: { raw: process.name } }));
    } finally {
      this.ended += 1;
    }
  }
}
