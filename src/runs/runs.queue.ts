/** Where runs that are due wait for a worker. */
export const runPollsQueue = 'run-polls';

/** Looks at the due runs of one connection; of none: looks for connections that have some. */
export interface RunPollJob {
  readonly connection: string | null;
}

/** How often somebody looks which connections have runs that are due, in ms. */
export const tickEveryMs = 1_000;

/** The queue that accepted starts go into. */
export const LEDGER_QUEUE = Symbol('ledger queue');
