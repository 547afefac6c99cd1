import { Inject, Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { v7 as uuid } from 'uuid';
import { within } from '../../timing/within.ts';
import type { Connection } from '../../connections/connection.ts';
import { StoreUnavailableError } from '../../domain/errors.ts';
import { formatId } from '../../domain/ids.ts';
import { AcceptOnce, type AcceptedOnce, isInDoubt, type Keyed } from '../../ledger/accept-once.ts';
import { IdempotencyKeys } from '../../ledger/idempotency.ts';
import { addAdvance, type LedgerJob } from '../../ledger/ledger.queue.ts';
import type { LedgerEntry, NewRecord, StoredRecord } from '../../ledger/record.ts';
import { stored } from '../../ledger/stored.ts';
import { type Acceptance, entryOf, markOf, queued, siblingOf } from './accepted-run.ts';
import type { KeptRun } from '../kept-run.ts';
import { type AskedBy, RunAudit } from '../run-audit.ts';
import { LEDGER_QUEUE } from '../runs.queue.ts';
import { RunStore } from '../run-store.ts';
import type { FoundRun } from '../found-run.ts';

/** What Redis has not taken by then was not taken: the caller has been told so. */
const patienceMs = 1_000;
const sweepAfterMs = 15_000;

/** Writes down starts, each once; what is written down is sent. */
@Injectable()
export class RunAcceptance {
  readonly #store: RunStore;
  readonly #once: AcceptOnce<FoundRun>;
  readonly #queue: Queue<LedgerJob>;
  readonly #audit: RunAudit;

  constructor(
    @Inject(RunStore) store: RunStore,
    @Inject(IdempotencyKeys) keys: IdempotencyKeys,
    @Inject(LEDGER_QUEUE) queue: Queue<LedgerJob>,
    @Inject(RunAudit) audit: RunAudit,
  ) {
    this.#store = store;
    this.#once = new AcceptOnce(keys, async (id) => (await store.records.read(id)) !== null);
    this.#queue = queue;
    this.#audit = audit;
  }

  /** The time of the store, in ms since 1970. @throws StoreUnavailableError */
  now(): Promise<number> {
    return stored(() => this.#store.records.now());
  }

  /**
   * Accepts what `prepare` makes of a start whose runs the upstream will know by the mark, unless an earlier request
   * with the same key was accepted.
   */
  once(
    keyed: Keyed & AskedBy,
    fingerprint: string,
    connection: Connection,
    prepare: (mark: string) => Promise<Acceptance>,
  ): Promise<AcceptedOnce<FoundRun>> {
    const own = formatId(connection.id, `r-${uuid()}`);
    return this.#once.once(keyed, fingerprint, own, async (id) => ({
      connection,
      record: await this.#accept(connection, id, await prepare(markOf(id)), keyed),
    }));
  }

  /** What an earlier request with the same key has made: then nothing needs to be asked of the platform. */
  made(keyed: Keyed, fingerprint: string): Promise<AcceptedOnce<FoundRun> | null> {
    return this.#once.made(keyed, fingerprint);
  }

  /** Remembers with which status a start was answered; without that, its replays are answered by what became of it. */
  answered(keyed: Keyed, accepted: AcceptedOnce<FoundRun>, status: number): Promise<void> {
    return this.#once.answered(keyed, accepted, status);
  }

  /** Stores the runs of a start, the one that the caller is told last: where it is, they all are. Gives that one. */
  async #accept(
    connection: Connection,
    first: string,
    acceptance: Acceptance,
    by: AskedBy,
  ): Promise<StoredRecord<KeptRun>> {
    const now = await this.now();
    const began = performance.now();
    const { evidence } = acceptance;
    const ids = evidence.map((_, at) => (at === 0 ? first : siblingOf(first, at)));
    const correlationId = markOf(first);
    const tried: string[] = [];
    const recordOf = (at: number): NewRecord<KeptRun> & { readonly ledger: LedgerEntry } => {
      const id = ids[at] ?? first;
      const mark = evidence.length === 1 ? correlationId : `${correlationId}.${at + 1}`;
      const siblings = ids.filter((each) => each !== id);
      return {
        id,
        doc: queued(connection, acceptance, { mark, correlationId, siblings, by, now }),
        ledger: entryOf(connection, acceptance, mark, now),
        evidence: evidence[at] ?? {},
      };
    };
    for (const [at, id] of [...ids.entries()].reverse()) {
      const notAfter = Math.floor(now + performance.now() - began) + patienceMs;
      try {
        const outcome = at === 0 ? 'unknown' : 'not_sent';
        tried.push(id);
        await stored(() => this.#write(recordOf(at), now, notAfter), outcome);
      } catch (error) {
        throw await this.#takenBack(tried, error);
      }
    }
    for (const at of ids.keys()) this.#audit.accepted(recordOf(at));
    const delay = Math.max((acceptance.notBefore ?? now) - now, 0);
    const added = Promise.all(ids.map((id) => addAdvance(this.#queue, id, delay)));
    // Without its job the sweep finds it: what is stored is accepted.
    await within(
      added.catch(() => undefined),
      patienceMs,
    );
    return { ...recordOf(0), revision: 1 };
  }

  async #write(
    record: NewRecord<KeptRun> & { readonly ledger: LedgerEntry },
    now: number,
    notAfter: number,
  ): Promise<void> {
    const { id, doc, ledger } = record;
    await this.#store.open.add(id, ledger.notBefore + sweepAfterMs);
    await this.#store.index.name(doc.connection, ledger.mark, id);
    await this.#store.records.create(record, notAfter);
    await this.#store.index.add(doc.connection, { createdAt: now, id });
  }

  /** The error, when none of its runs is left that would be sent all the same. */
  async #takenBack(tried: readonly string[], error: unknown): Promise<unknown> {
    if (isInDoubt(error)) return error;
    const gone = await Promise.all(tried.map((id) => this.#store.records.withdraw(id)));
    if (gone.every(Boolean)) return error;
    return new StoreUnavailableError(
      'Redis was lost while the runs were stored, so some of them may be started: send it again with the same Idempotency-Key, or look for them in the list.',
      { outcome: 'unknown', cause: error },
    );
  }
}
