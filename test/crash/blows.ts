import type { Run } from '../../src/domain/run.ts';
import { type Exchange, watchers } from '../../src/sandbox/kit/sandbox.ts';
import type { Fault } from '../../src/sandbox/kit/faults.ts';
import type { Told } from './told.ts';

/** A request for a start that met a fault, or was answered; times in ms since 1970. */
interface Met {
  readonly platform: string;
  readonly at: number;
  /** Null where it was answered. */
  readonly fault: Fault['kind'] | null;
  /** What says whose it is; null where the fault kept it from being read. */
  readonly text: string | null;
}

interface Span {
  readonly from: number;
  readonly until: number;
}

/** The requests that start a run, on every platform. */
export const startPath = /(\/api\/v1\/process$|StartJobs|\/process-exec\/v1|\/execute$)/;

/** The one that takes no mark: whatever gets no answer there is in doubt. The others show whether a start has arrived. */
const unmarked = 'frends';
/** After these nobody answers whoever has sent the request. */
const unanswered: ReadonlySet<string> = new Set([
  'hang',
  'reset',
  'resetAfterEffect',
  'hangAfterEffect',
]);
/** After this somebody may still hold it, for all that the worker knows which has given it up: nothing proves that it is gone. */
const held: ReadonlySet<string> = new Set(['hang']);
/** A request leaves within this time after it was written down that it may, in ms: `sendWindow` of the ledger. */
const leavesWithinMs = 5_000;
/** An answer that has come is stored within this time, Redis being away for a moment and the machine busy; in ms. */
const storedWithinMs = 8_000;

/** What hit starts on their way, and when: where none of it did, nobody has a reason to be in doubt. */
export class Blows {
  readonly #met: Met[] = [];
  readonly #kills: Span[] = [];
  readonly #armed = new Map<string, Fault['kind']>();
  /** Faults hit one request each. */
  readonly #used = new Set<Met>();
  readonly #see = (platform: string, exchange: Exchange): void => {
    const { method, url, faulty, requestBody } = exchange;
    if (method !== 'POST' || !startPath.test(url)) return;
    const fault = faulty ? (this.#armed.get(platform) ?? null) : null;
    const text = requestBody === null ? null : `${url} ${requestBody.toString()}`;
    this.#met.push({ platform, at: Date.now(), fault, text });
  };

  constructor() {
    watchers.add(this.#see);
  }

  /** From now on a request for a start on this platform meets the fault. */
  arm(platform: string, fault: Fault['kind']): void {
    this.#armed.set(platform, fault);
  }

  /** A worker was killed within this time. */
  killed(span: Span): void {
    this.#kills.push(span);
  }

  stop(): void {
    watchers.delete(this.#see);
  }

  /**
   * Why nobody may know what became of a start; null: somebody has to. On a platform that takes marks that is only a request
   * that hangs, given up by a worker that lives ("never takes effect", unless the worker is killed). On the other it is any
   * request that got no answer, and any whose worker was killed from its leaving until its answer was stored. A kill of the
   * gateway or of Redis alone leaves nothing in doubt.
   */
  reasonFor(start: Told, { evidence }: Run): string | null {
    const sentFrom = Date.parse(evidence?.sentFrom ?? '');
    if (Number.isNaN(sentFrom)) return null;
    if (start.platform === unmarked)
      return this.#faultOf(start, sentFrom, unanswered) ?? this.#killOf(start, sentFrom);
    const isHeld = evidence?.detail.includes('may still bring it') === true;
    return isHeld ? this.#faultOf(start, sentFrom, held) : null;
  }

  #faultOf(start: Told, sentFrom: number, kinds: ReadonlySet<string>): string | null {
    const [nearest] = this.#met
      .filter(({ platform, fault, at }) => {
        const isItsTime = at >= sentFrom && at <= sentFrom + leavesWithinMs;
        return isItsTime && platform === start.platform && kinds.has(fault ?? '');
      })
      .filter((met) => !this.#used.has(met) && (met.text === null || isOf(met, start)))
      .sort((a, b) => a.at - b.at);
    if (nearest === undefined) return null;
    this.#used.add(nearest);
    return `met ${nearest.fault ?? ''}`;
  }

  /** Whether its worker was killed before it could store the answer. */
  #killOf(start: Told, sentFrom: number): string | null {
    const answered = this.#met.find((met) => met.at >= sentFrom && isOf(met, start));
    const until = answered === undefined ? sentFrom + leavesWithinMs : answered.at + storedWithinMs;
    const isKilled = this.#kills.some((kill) => kill.until >= sentFrom && kill.from <= until);
    return isKilled ? 'its worker was killed' : null;
  }
}

function isOf({ platform, text }: Met, start: Told): boolean {
  const mark = start.id.slice(start.id.indexOf(':') + 1);
  return (
    platform === start.platform &&
    text !== null &&
    [mark, start.key].some((word) => text.includes(word))
  );
}
