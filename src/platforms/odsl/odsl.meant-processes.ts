import type { OdslClient } from './odsl.client.ts';
import type { PackagedKey } from './odsl.packaged-key.ts';
import { currentOf } from './odsl.standing.ts';
import type { ProcessWire } from './odsl.wire.ts';

/** The process that a configuration of a file is one of. */
export interface MeantProcess {
  readonly id: string;
  /** Why it cannot be told, a sentence for people; null: it can. */
  readonly doubt: string | null;
}

/** Tells which processes configurations of files are of; the list of names is read once, where it is needed at all. */
export class MeantProcesses {
  readonly #reads: OdslClient;
  readonly #signal: AbortSignal;
  #listed: Promise<ProcessWire[]> | null = null;

  constructor(reads: OdslClient, signal: AbortSignal) {
    this.#reads = reads;
    this.#signal = signal;
  }

  /** An archived version says the name of its process alone: that is its key, or what one process is called. */
  async of({ id, called }: PackagedKey): Promise<MeantProcess> {
    if (called === null || (await currentOf(this.#reads, id, this.#signal)) !== null)
      return { id, doubt: null };
    this.#listed ??= this.#reads.listProcesses('name', this.#signal);
    const named = (await this.#listed).filter(({ _id, name }) => _id === called || name === called);
    const [only = { _id: id }, ...others] = named;
    if (others.length === 0) return { id: only._id, doubt: null };
    const doubt = `It is an older version of a process called ${called}, and there are ${named.length} such: say its key as \`_id\`.`;
    return { id, doubt };
  }
}
