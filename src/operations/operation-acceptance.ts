import { Inject, Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { v7 as uuid } from 'uuid';
import type { ChangingCapability } from '../domain/capability.ts';
import type { PreparedChange } from '../domain/change.ts';
import { AcceptOnce, type AcceptedOnce, type Keyed } from '../ledger/accept-once.ts';
import { IdempotencyKeys } from '../ledger/idempotency.ts';
import { addAdvance, type LedgerJob } from '../ledger/ledger.queue.ts';
import { newEntry } from '../ledger/new-entry.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { stored } from '../ledger/stored.ts';
import { within } from '../timing/within.ts';
import { type KeptOperation, type NewOperation, queuedOperation } from './kept-operation.ts';
import { OperationAudit } from './operation-audit.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { OperationStore } from './operation-store.ts';
import { OPERATIONS_QUEUE } from './operations.queue.ts';

type Kept = StoredRecord<KeptOperation>;

/** What an operation is accepted with. */
export interface OperationOrder {
  readonly part: ChangingCapability;
  readonly operation: Omit<NewOperation, 'planned'>;
  readonly prepared: PreparedChange;
}

/** What Redis has not taken by then was not taken: the caller has been told so. */
const patienceMs = 1_000;
const sweepAfterMs = 15_000;
/** A change is sent within this time after it was accepted, or not at all, in ms. */
const deadlineMs = 60_000;

/** Writes down operations, each once; what is written down is done. */
@Injectable()
export class OperationAcceptance {
  readonly #store: OperationStore;
  readonly #once: AcceptOnce<Kept>;
  readonly #queue: Queue<LedgerJob>;
  readonly #audit: OperationAudit;

  constructor(
    @Inject(OperationStore) store: OperationStore,
    @Inject(IdempotencyKeys) keys: IdempotencyKeys,
    @Inject(OPERATIONS_QUEUE) queue: Queue<LedgerJob>,
    @Inject(OperationAudit) audit: OperationAudit,
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
   * Accepts what `prepare` makes of a change of a thing, unless an earlier request with the same key was accepted.
   * @throws ConflictError while another operation changes it
   */
  once(
    keyed: Keyed,
    fingerprint: string,
    thing: string,
    prepare: () => Promise<OperationOrder>,
  ): Promise<AcceptedOnce<Kept>> {
    return this.#once.once(keyed, fingerprint, `op-${uuid()}`, (id) =>
      oneAtATime(this.#store, thing, id, async () => this.#accept(id, await prepare())),
    );
  }

  /** What an earlier request with the same key has made: then nothing needs to be asked of the platform. */
  made(keyed: Keyed, fingerprint: string): Promise<AcceptedOnce<Kept> | null> {
    return this.#once.made(keyed, fingerprint);
  }

  /** Remembers with which status an operation was answered; without that, its replays are answered by what became of it. */
  answered(keyed: Keyed, accepted: AcceptedOnce<Kept>, status: number): Promise<void> {
    return this.#once.answered(keyed, accepted, status);
  }

  async #accept(id: string, { part, operation, prepared }: OperationOrder): Promise<Kept> {
    const { open, records } = this.#store;
    const now = await this.now();
    const doc = queuedOperation({ ...operation, planned: prepared.items }, now);
    const ledger = newEntry({
      connection: operation.connection,
      part,
      mark: id,
      files: [],
      acceptedAt: now,
      notBefore: now,
      deadlineMs,
    });
    await stored(() => open.add(id, now + sweepAfterMs));
    const record = { id, doc, ledger, evidence: prepared.evidence };
    await stored(() => records.create(record, now + patienceMs), 'unknown');
    this.#audit.accepted(id, doc);
    const added = addAdvance(this.#queue, id);
    // Without its job the sweep finds it: what is stored is accepted.
    await within(
      added.catch(() => undefined),
      patienceMs,
    );
    return { id, revision: 1, doc, ledger };
  }
}
