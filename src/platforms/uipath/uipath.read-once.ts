/** What is read once for all that is looked at under one signal: the steps of a change share it. */
export class ReadOnce<T> {
  readonly #read: (what: string, signal: AbortSignal) => Promise<T>;
  readonly #held = new WeakMap<AbortSignal, Map<string, Promise<T>>>();

  constructor(read: (what: string, signal: AbortSignal) => Promise<T>) {
    this.#read = read;
  }

  of(what: string, signal: AbortSignal): Promise<T> {
    const held = this.#held.get(signal) ?? new Map<string, Promise<T>>();
    this.#held.set(signal, held);
    const reading = held.get(what) ?? this.#read(what, signal);
    held.set(what, reading);
    return reading;
  }
}
