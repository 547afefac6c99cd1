import { encodeEvent, type EventStream } from '../../http/event-stream.ts';
import { logEventId } from './log-event-id.ts';

/** Who takes an event within this is not slow, and whoever is waited for is looked at so often; in ms. */
const soonMs = 100;

/** What a follower has. */
export interface Follower {
  readonly stream: EventStream;
  at: number;
}

/** How patient tails are with who reads slowly, in ms. */
export interface Patience {
  /** How long one look waits for some while others could go on. */
  readonly together: number;
  /** How long one who takes nothing at all is waited for. */
  readonly still: number;
}

/** What those who follow a log are kept with. */
export interface LogFollowersOptions {
  readonly patience: Patience;
  /** Called with those who are too slow for the others: they are followers of this log no more. */
  readonly leave: (slow: readonly Follower[]) => void;
}

/** The last event of a log of so many bytes. */
export function endEvent(size: number): Buffer {
  const id = logEventId({ at: size, hasEnd: true });
  return encodeEvent({ id, event: 'end', data: JSON.stringify({ size }) });
}

/** Who follows one log, and takes what is told of it as fast as they read. */
export class LogFollowers {
  readonly #options: LogFollowersOptions;
  readonly #all = new Set<Follower>();
  /** How long the look that is under way has waited for slow ones. */
  #waitedMs = 0;

  constructor(options: LogFollowersOptions) {
    this.#options = options;
  }

  add(follower: Follower): void {
    this.#all.add(follower);
    follower.stream.onEnd(() => this.#all.delete(follower));
  }

  get count(): number {
    return this.#all.size;
  }

  all(): Follower[] {
    return [...this.#all];
  }

  /** Those who lack something of so many bytes. */
  behind(size: number): Follower[] {
    return this.all().filter(({ at }) => at < size);
  }

  /** Another look begins: the patience with who reads slowly is as at first. */
  begin(): void {
    this.#waitedMs = 0;
  }

  /** Tells a group what ends at an offset. */
  tell(group: ReadonlySet<Follower>, at: number, bytes: Buffer): void {
    const data = JSON.stringify({ text: bytes.toString('utf8') });
    const event = encodeEvent({ id: logEventId({ at, hasEnd: false }), event: 'log', data });
    for (const follower of group) {
      follower.at = at;
      follower.stream.send(event);
    }
  }

  /** Waits until a group has taken what was sent: who keeps others waiting leaves, who stands still is cut off. */
  async taken(group: Set<Follower>): Promise<void> {
    const { patience, leave } = this.#options;
    const begun = performance.now();
    let waitedMs = 0;
    for (;;) {
      for (const each of group) if (!this.#all.has(each)) group.delete(each);
      const slow = [...group].filter(({ stream }) => stream.isBehind);
      if (slow.length === 0) break;
      const still = slow.filter(({ stream }) => stream.stillForMs >= patience.still);
      const keepsOthers = slow.length < this.#all.size;
      if (keepsOthers && waitedMs >= soonMs && this.#waitedMs + waitedMs >= patience.together) {
        for (const each of slow) this.#all.delete(each);
        leave(slow);
      } else if (still.length > 0) {
        for (const { stream } of still) stream.cut();
      } else await Promise.all(slow.map(({ stream }) => stream.drained(soonMs)));
      waitedMs = performance.now() - begun;
    }
    this.#waitedMs += waitedMs;
  }

  /** Hangs up on all of them: who comes back is told why. */
  cut(): void {
    for (const { stream } of this.all()) stream.cut();
  }

  /** Tells all of them that the log is over, at so many bytes. */
  end(size: number): void {
    for (const { stream, at } of this.all()) {
      // Who has asked to go on behind the end of the log has nothing beyond it.
      stream.send(endEvent(Math.min(at, size)));
      stream.end();
    }
  }
}
