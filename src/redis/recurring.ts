import type { JobState, Queue } from 'bullmq';
import type { Log } from '../telemetry/log.ts';

/** A job that comes again and again, once for all workers. */
export interface RecurringJob {
  readonly id: string;
  readonly everyMs: number;
  /** Makes it recur; harmless when it does already. */
  readonly plan: () => Promise<unknown>;
}

const defaultLookEveryMs = 15_000;
/** Of a job that nobody will take any more. */
const overStates: readonly (JobState | 'unknown')[] = ['completed', 'failed', 'unknown'];

/**
 * Keeps a recurring job going. What makes it recur lies in the queue, and a Redis that fails over or is emptied may lose
 * it; without it nobody would take up what has lost its own job.
 */
export class Recurring {
  readonly #queue: Pick<Queue, 'getJobScheduler' | 'getJobState'>;
  readonly #job: RecurringJob;
  readonly #log: Log;
  readonly #lookEveryMs: number;
  #timer: NodeJS.Timeout | null = null;
  #isLooking = false;

  constructor(
    queue: Pick<Queue, 'getJobScheduler' | 'getJobState'>,
    job: RecurringJob,
    log: Log,
    lookEveryMs = defaultLookEveryMs,
  ) {
    this.#queue = queue;
    this.#job = job;
    this.#log = log;
    this.#lookEveryMs = lookEveryMs;
  }

  async start(): Promise<void> {
    await this.#job.plan();
    this.#timer = setInterval(() => void this.#look(), this.#lookEveryMs).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** A look waits for a Redis that is away, and more of them would all come at once when it is back. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { id } = this.#job;
    try {
      if (!(await this.#isLost())) return;
      await this.#job.plan();
      this.#log.warn({ job: id }, 'The queue had lost a recurring job; it is there again');
    } catch (error) {
      this.#log.warn({ job: id, reason: String(error) }, 'A recurring job cannot be looked after');
    } finally {
      this.#isLooking = false;
    }
  }

  /** One that is late only waits for its turn, and planned anew it would wait behind all others. */
  async #isLost(): Promise<boolean> {
    const next = await this.#next();
    if (next + this.#job.everyMs + this.#lookEveryMs >= Date.now()) return false;
    const state = await this.#queue.getJobState(`repeat:${this.#job.id}:${next}`);
    // Who takes it plans the next one first: it may have been taken, and have ended, between the two looks.
    return overStates.includes(state) && (await this.#next()) === next;
  }

  async #next(): Promise<number> {
    return (await this.#queue.getJobScheduler(this.#job.id))?.next ?? 0;
  }
}
