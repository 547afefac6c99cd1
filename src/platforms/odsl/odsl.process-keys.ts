import { encodeKey } from '../../domain/ids.ts';
import type { OdslClient } from './odsl.client.ts';
import type { ProcessWire } from './odsl.wire.ts';

/** How long a list of names is good, in ms. */
const keepMs = 5 * 60_000;
/** How soon a name that it lacks makes it read anew, in ms. */
const againMs = 30_000;

/** Which process a name in an execution means: the list of processes, kept for a while. */
export class ProcessKeys {
  readonly #client: OdslClient;
  #kept: { readonly at: number; readonly keys: ReadonlyMap<string, string> } | null = null;

  constructor(client: OdslClient) {
    this.#client = client;
  }

  /** Native keys by name, those left out that no process or several processes bear. */
  async of(names: ReadonlySet<string>, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const kept = this.#kept;
    const age = kept === null ? Number.POSITIVE_INFINITY : Date.now() - kept.at;
    const isKnown = [...names].every((name) => kept?.keys.has(name) === true);
    if (kept !== null && age < (isKnown ? keepMs : againMs)) return kept.keys;
    const at = Date.now();
    const keys = keysByName(await this.#client.listProcesses('name', signal));
    this.#kept = { at, keys };
    return keys;
  }
}

/** Pages write `_id` where executions say `name`; a name that is none means the one process that is called so. */
export function keysByName(wires: readonly ProcessWire[]): ReadonlyMap<string, string> {
  const called = new Map<string, Set<string>>();
  for (const { _id, name } of wires) {
    if (name === null || name === undefined || name === '') continue;
    called.set(name, (called.get(name) ?? new Set()).add(_id));
  }
  const single = [...called].filter(([, ids]) => ids.size === 1);
  const byName = single.map(([name, ids]) => [name, encodeKey([...ids])] as const);
  return new Map([...byName, ...wires.map(({ _id }) => [_id, encodeKey([_id])] as const)]);
}
