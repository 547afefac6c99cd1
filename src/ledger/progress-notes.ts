import type { Progress } from '../domain/write.ts';

/** What callers see of a record by now; the very same where there is nothing new. */
export type Shown<D> = (doc: D) => D;

/** The longest between two notes of one write, in ms: each of them is kept as an event, with all of its record. */
const longestMs = 30_000;
const growth = 1.25;

/**
 * How far a write has come, noted for those who watch it: the newest of what is told, every few seconds at most, and seldomer the longer it takes. Nothing
 * waits for it, and a note that cannot be stored is stored with the next one.
 */
export class ProgressNotes<D> {
  readonly #store: (shown: Shown<D>) => Promise<unknown>;
  #everyMs: number;
  readonly #failed: (error: unknown) => void;
  #next: Shown<D> | null = null;
  #isUrgent = false;
  #isStoring = false;
  #hasEnded = false;
  #notBefore: number;
  #timer: NodeJS.Timeout | null = null;

  /** That it has begun is known already: nothing is stored at once. */
  constructor(
    store: (shown: Shown<D>) => Promise<unknown>,
    everyMs: number,
    failed: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#everyMs = everyMs;
    this.#failed = failed;
    this.#notBefore = performance.now() + everyMs;
  }

  /** Takes the place of what was told before and is not stored yet; what is urgent does not wait for the next time. */
  note(shown: Shown<D>, isUrgent = false): void {
    this.#next = shown;
    this.#isUrgent ||= isUrgent;
    this.#plan();
  }

  /** Stores nothing more; what is on its way to the store stands, or comes too late. */
  end(): void {
    this.#hasEnded = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #plan(): void {
    if (this.#hasEnded || this.#isStoring || this.#next === null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const waitMs = this.#isUrgent ? 0 : Math.max(this.#notBefore - performance.now(), 0);
    this.#timer = setTimeout(() => void this.#stored(), waitMs);
    this.#timer.unref();
  }

  async #stored(): Promise<void> {
    const shown = this.#next;
    if (shown === null) return;
    this.#next = null;
    this.#isUrgent = false;
    this.#isStoring = true;
    try {
      // Others may have changed the record meanwhile, and made it wait until its write has ended.
      await this.#store((doc) => (this.#hasEnded ? doc : shown(doc)));
    } catch (error) {
      this.#next ??= shown;
      this.#failed(error);
    }
    this.#isStoring = false;
    this.#notBefore = performance.now() + this.#everyMs;
    this.#everyMs = Math.min(this.#everyMs * growth, Math.max(longestMs, this.#everyMs));
    this.#plan();
  }
}

/** Notes progress as it is told; that all is answered by now is urgent. */
export function noting<D>(
  notes: ProgressNotes<D>,
  shown: (doc: D, progress: Progress) => D,
): (progress: Progress) => void {
  let wasVerifying = false;
  return (progress) => {
    const isNews = progress.isVerifying && !wasVerifying;
    wasVerifying = progress.isVerifying;
    notes.note((doc) => shown(doc, progress), isNews);
  };
}
