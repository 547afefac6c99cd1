import { Coalesced } from '../catalogue/coalesced.ts';
import { UpstreamTimeoutError } from '../domain/errors.ts';
import { unlessAborted } from '../timing/unless-aborted.ts';

/**
 * Reads once what many want at the same time: whoever comes while a read is under way gets the next one, which is of all
 * that is wanted by then. Nobody is given anything that was read before the call.
 */
export class JointReads<W, T> {
  readonly #reads: Coalesced<T>;
  #wanted: W[] = [];

  /** `read` has a time of its own, as those that want it come and go. */
  constructor(read: (wanted: readonly W[]) => Promise<T>) {
    this.#reads = new Coalesced(() => {
      const wanted = this.#wanted;
      this.#wanted = [];
      return read(wanted);
    });
  }

  /** What a read gives that `wanted` is a part of. */
  async of(wanted: W, signal: AbortSignal): Promise<T> {
    this.#wanted.push(wanted);
    const late = (): Error =>
      new UpstreamTimeoutError('What many wanted at once was not read in time.', { sent: 'maybe' });
    return unlessAborted(this.#reads.run(), signal, late);
  }
}
