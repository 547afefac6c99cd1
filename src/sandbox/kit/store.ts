import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Something that really happened in a sandbox; tests compare these with what callers were told. */
export interface Effect {
  readonly at: string;
  /** As `run.started` or `package.uploaded`. */
  readonly effect: string;
  readonly details: Readonly<Record<string, unknown>>;
}

interface Kept<S> {
  readonly seed: string;
  readonly state: S;
  readonly ledger: Effect[];
}

const saveDelayMs = 50;

/** A sandbox's state and ledger, in memory and, where a file is given, on disk: written 50 ms after a change at the latest. */
export class Store<S extends object> {
  readonly #file: string | null;
  readonly #seed: string;
  readonly #make: () => S;
  #kept: Kept<S>;
  #timer: NodeJS.Timeout | null = null;

  /** Takes up what the file holds, if it was made from the same seed; else starts from `make()`. */
  constructor(file: string | null, seed: string, make: () => S) {
    this.#file = file;
    this.#seed = seed;
    this.#make = make;
    this.#kept = this.#read() ?? { seed, state: make(), ledger: [] };
  }

  get state(): S {
    return this.#kept.state;
  }

  get ledger(): readonly Effect[] {
    return this.#kept.ledger;
  }

  /** Records an effect; the state has been changed already. */
  record(effect: string, details: Readonly<Record<string, unknown>>): void {
    this.#kept.ledger.push({ at: new Date().toISOString(), effect, details });
    this.changed();
  }

  /** The state has changed without an effect worth recording. */
  changed(): void {
    if (this.#file === null) return;
    this.#timer ??= setTimeout(() => {
      this.flush();
    }, saveDelayMs);
  }

  reset(): void {
    this.#kept = { seed: this.#seed, state: this.#make(), ledger: [] };
    this.changed();
  }

  flush(): void {
    if (this.#timer === null || this.#file === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#kept));
    renameSync(`${this.#file}.new`, this.#file);
  }

  #read(): Kept<S> | null {
    if (this.#file === null) return null;
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    const kept = JSON.parse(text) as Kept<S>;
    return kept.seed === this.#seed ? kept : null;
  }
}
