import { Inject, Injectable } from '@nestjs/common';
import type { Operation } from '../domain/operation.ts';
import type { AcceptedOnce, Keyed } from '../ledger/accept-once.ts';
import { readAccepted } from '../ledger/read-accepted.ts';
import type { StoredRecord } from '../ledger/record.ts';
import type { KeptOperation } from './kept-operation.ts';
import { OperationAcceptance } from './operation-acceptance.ts';
import { OperationFeed } from './operation-feed.ts';
import { toOperation } from './operation.presenter.ts';
import { OperationsService } from './operations.service.ts';
import { waitForEnd } from '../watching/record-waits.ts';

/** A change that was accepted. */
export type AcceptedChange = AcceptedOnce<StoredRecord<KeptOperation>>;

/** Changes that their callers wait for. */
@Injectable()
export class AwaitedChanges {
  readonly #acceptance: OperationAcceptance;
  readonly #operations: OperationsService;
  readonly #feed: OperationFeed;

  constructor(
    @Inject(OperationAcceptance) acceptance: OperationAcceptance,
    @Inject(OperationsService) operations: OperationsService,
    @Inject(OperationFeed) feed: OperationFeed,
  ) {
    this.#acceptance = acceptance;
    this.#operations = operations;
    this.#feed = feed;
  }

  /** Its operation, after up to `waitMs` for its end. */
  async ended(taken: AcceptedChange, waitMs: number, gone: AbortSignal): Promise<Operation> {
    // Who does not wait is told that it was accepted, however soon it has ended.
    if (waitMs === 0 && taken.made !== null) return toOperation(taken.made);
    const record = await readAccepted(taken, 'operation', async () =>
      waitForEnd(this.#feed, await this.#operations.find(taken.id), waitMs, gone),
    );
    return toOperation(record);
  }

  /** Remembers with which status it was answered. */
  answered(keyed: Keyed, taken: AcceptedChange, status: number): Promise<void> {
    return this.#acceptance.answered(keyed, taken, status);
  }
}
