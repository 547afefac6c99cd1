import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import type { ChangingCapability } from '../domain/capability.ts';
import type { PreparedChange } from '../domain/change.ts';
import { AcceptOnce, type AcceptedOnce, type Keyed } from '../ledger/accept-once.ts';
import { IdempotencyKeys } from '../ledger/idempotency.ts';
import { addAdvance } from '../ledger/ledger.queue.ts';
import { newEntry } from '../ledger/new-entry.ts';
import type { MakingCondition } from '../ledger/record-store.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { sayAgain, stored } from '../ledger/stored.ts';
import { within } from '../timing/within.ts';
import { type KeptOperation, type NewOperation, queuedOperation } from './kept-operation.ts';
import { OperationAudit } from './operation-audit.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { OperationQueues } from './operation-queues.ts';
import { OperationStore } from './operation-store.ts';

type Kept = StoredRecord<KeptOperation>;

/** What an operation is accepted with. */
export interface OperationOrder {
  readonly part: ChangingCapability | 'import';
  readonly operation: Omit<NewOperation, 'planned'>;
  readonly prepared: PreparedChange;
  /** Ids of the files that it brings. Absent: none. */
  readonly files?: readonly string[];
  /** Whether its files are still to be fetched, before it waits for its turn. Absent: they are not. */
  readonly isUnfetched?: boolean;
  /** It is sent within this time after it was accepted, or not at all, in ms. Absent: that of a change. */
  readonly deadlineMs?: number;
}

/** What Redis has not taken by then was not taken: the caller has been told so. */
const patienceMs = 1_000;
const sweepAfterMs = 15_000;
/** A change is sent within this time after it was accepted, or not at all, in ms. */
const changeDeadlineMs = 60_000;

/** Writes down operations, each once; what is written down is done. */
@Injectable()
export class OperationAcceptance {
  readonly #store: OperationStore;
  readonly #once: AcceptOnce<Kept | null>;
  readonly #queues: OperationQueues;
  readonly #audit: OperationAudit;

  constructor(
    @Inject(OperationStore) store: OperationStore,
    @Inject(IdempotencyKeys) keys: IdempotencyKeys,
    @Inject(OperationQueues) queues: OperationQueues,
    @Inject(OperationAudit) audit: OperationAudit,
  ) {
    this.#store = store;
    this.#once = new AcceptOnce(keys, async (id) => (await store.records.read(id)) !== null);
    this.#queues = queues;
    this.#audit = audit;
  }

  /** The time of the store, in ms since 1970. @throws StoreUnavailableError */
  now(): Promise<number> {
    return stored(() => this.#store.records.now());
  }

  /**
   * Accepts what `prepare` makes of a change of a thing, and of others with it, unless an earlier request with the same key
   * was accepted. `thing` is null for what waits for its turn by itself.
   * @throws ConflictError while another operation changes one of them
   */
  async once(
    keyed: Keyed,
    fingerprint: string,
    thing: string | null,
    prepare: () => Promise<OperationOrder>,
    others: readonly string[] = [],
  ): Promise<AcceptedOnce<Kept>> {
    const once = async (operation: string): Promise<Kept | null> => {
      if (thing === null) return this.#accept(operation, await prepare());
      return oneAtATime(
        this.#store,
        { operation, things: [thing, ...others] },
        { prepare, accept: (order, isOwn) => this.#accept(operation, order, isOwn) },
      );
    };
    const accepted = await this.#once.once(keyed, fingerprint, `op-${uuid()}`, once);
    // An equal request may have made it meanwhile.
    return { ...accepted, isReplay: accepted.made === null };
  }

  /** What an earlier request with the same key has made: then nothing needs to be asked of the platform. */
  async made(keyed: Keyed, fingerprint: string): Promise<AcceptedOnce<Kept> | null> {
    const earlier = await this.#once.made(keyed, fingerprint);
    return earlier === null ? null : { ...earlier, made: null };
  }

  /** One that was accepted; null where it is not kept any more. @throws StoreUnavailableError with the outcome `unknown` */
  read(id: string): Promise<Kept | null> {
    return stored(() => this.#store.records.read(id), 'unknown', sayAgain);
  }

  /** Remembers with which status an operation was answered; without that, its replays are answered by what became of it. */
  answered(keyed: Keyed, accepted: AcceptedOnce<Kept>, status: number): Promise<void> {
    return this.#once.answered(keyed, accepted, status);
  }

  /** Null where it is there already. */
  async #accept(id: string, order: OperationOrder, isOwn?: MakingCondition): Promise<Kept | null> {
    const { part, operation, prepared, files = [], deadlineMs = changeDeadlineMs } = order;
    const { records } = this.#store;
    const now = await this.now();
    const doc = queuedOperation({ ...operation, planned: prepared.items }, now);
    const ledger = newEntry({
      connection: operation.connection,
      part,
      mark: id,
      files,
      fetches: order.isUnfetched === true ? 0 : null,
      acceptedAt: now,
      notBefore: now,
      deadlineMs,
    });
    const { evidence } = prepared;
    const record = { id, doc, ledger, evidence, lookAt: now + sweepAfterMs };
    const making = (): Promise<boolean> => records.create(record, now + patienceMs, isOwn);
    if (!(await stored(making, 'unknown'))) return null;
    this.#audit.accepted(id, doc);
    const added = addAdvance(this.#queues.of(ledger), id);
    // Without its job the sweep finds it: what is stored is accepted.
    await within(
      added.catch(() => undefined),
      patienceMs,
    );
    return { id, revision: 1, doc, ledger };
  }
}
