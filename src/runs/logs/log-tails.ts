import type { EventStream } from '../../http/event-stream.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Follower, Patience } from './log-followers.ts';
import { LogTail, type LogTailOptions } from './log-tail.ts';

const usual: Patience = { together: 2_000, still: 15_000 };

/** A log, and its followers. */
export type Followed = Pick<LogTailOptions, 'source' | 'endedForMs'> & { readonly key: string };

/** Follows logs for callers: each log is read once for all of this process that are at the same place. */
export class LogTails {
  readonly #log: Log;
  readonly #patience: Patience;
  readonly #tails = new Map<string, LogTail>();

  constructor(log: Log, patience = usual) {
    this.#log = log;
    this.#patience = patience;
  }

  /** Whether somebody follows a log in this process already. */
  isFollowed(key: string): boolean {
    return this.#tails.has(key);
  }

  /** Streams a log from `at` on, until its run has ended and everything has been said. */
  follow(followed: Followed, stream: EventStream, at: number): void {
    this.#join(followed, { stream, at });
  }

  #join(followed: Followed, follower: Follower): void {
    const { key } = followed;
    const known = this.#tails.get(key);
    const tail = known ?? this.#tail(followed);
    this.#tails.set(key, tail);
    tail.add(follower);
    if (known !== undefined) return;
    void tail.run().finally(() => {
      this.#tails.delete(key);
    });
  }

  /** Whoever is too slow for the others reads on by itself, and comes back once it has caught up. */
  #tail(followed: Followed): LogTail {
    const leave = (slow: readonly Follower[]): void => {
      const own = this.#tail(followed);
      for (const follower of slow) own.add(follower);
      void own.chase().then((others) => {
        for (const follower of others) this.#join(followed, follower);
      });
    };
    return new LogTail({ ...followed, leave, log: this.#log, patience: this.#patience });
  }
}
