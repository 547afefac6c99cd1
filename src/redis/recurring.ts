import type { Queue } from 'bullmq';
import type { Log } from '../telemetry/log.ts';

/** A job that comes again and again, once for all workers. */
export interface RecurringJob {
  readonly id: string;
  readonly everyMs: number;
  /** Makes it recur; harmless when it does already. */
  readonly plan: () => Promise<unknown>;
}

const lookEveryMs = 15_000;

/**
 * Keeps a recurring job going. What makes it recur lies in the queue, and a Redis that fails over or is emptied may lose
 * it; without it nobody would take up what has lost its own job.
 */
export class Recurring {
  readonly #queue: Pick<Queue, 'getJobScheduler'>;
  readonly #job: RecurringJob;
  readonly #log: Log;
  #timer: NodeJS.Timeout | null = null;

  constructor(queue: Pick<Queue, 'getJobScheduler'>, job: RecurringJob, log: Log) {
    this.#queue = queue;
    this.#job = job;
    this.#log = log;
  }

  async start(): Promise<void> {
    await this.#job.plan();
    this.#timer = setInterval(() => void this.#look(), lookEveryMs).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { id, everyMs } = this.#job;
    try {
      const { next = 0 } = (await this.#queue.getJobScheduler(id)) ?? {};
      if (next + everyMs + lookEveryMs >= Date.now()) return;
      await this.#job.plan();
      this.#log.warn({ job: id }, 'The queue had lost a recurring job; it is there again');
    } catch (error) {
      this.#log.warn({ job: id, reason: String(error) }, 'A recurring job cannot be looked after');
    }
  }
}
