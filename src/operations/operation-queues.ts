import type { Queue } from 'bullmq';
import type { LedgerJob } from '../ledger/ledger.queue.ts';
import { isUnfetched, type LedgerEntry } from '../ledger/record.ts';
import { importQueueOf, operationsQueue } from './operations.queue.ts';

/** What of an operation says where it waits. */
type Waiting = Pick<LedgerEntry, 'part' | 'connection' | 'state' | 'fetches'>;

const inLine: ReadonlySet<LedgerEntry['state']> = new Set(['accepted', 'sending', 'sent']);

/** The queues that operations wait in, each opened when it is first needed. */
export class OperationQueues {
  readonly #open: (name: string) => Queue<LedgerJob>;
  readonly #queues = new Map<string, Queue<LedgerJob>>();

  constructor(open: (name: string) => Queue<LedgerJob>) {
    this.#open = open;
  }

  /**
   * Imports of a connection wait for one another, from when their files are here until it is known what came of them; all
   * else does not.
   */
  of(waiting: Waiting): Queue<LedgerJob> {
    const { part, connection, state } = waiting;
    const isInLine = part === 'import' && inLine.has(state) && !isUnfetched(waiting);
    return this.named(isInLine ? importQueueOf(connection) : operationsQueue);
  }

  named(name: string): Queue<LedgerJob> {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = this.#open(name);
    this.#queues.set(name, queue);
    return queue;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }
}
