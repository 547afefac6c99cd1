import type { Queue } from 'bullmq';

/** Where writes wait for a worker. */
export const ledgerQueue = 'ledger';

/** `advance`: take up one record. `sweep`: look for those that have lost their job. */
export interface LedgerJob {
  readonly id: string;
}

/** A job is called like its record without the connection, whose colon the queue does not take. */
function jobIdOf(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

/** Adds the job of a record; one that it has already stays the only one. */
export async function addAdvance(queue: Queue<LedgerJob>, id: string, delay = 0): Promise<void> {
  await queue.add(
    'advance',
    { id },
    { jobId: jobIdOf(id), delay, removeOnComplete: true, removeOnFail: true },
  );
}
