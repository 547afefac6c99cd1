import { Inject, Injectable } from '@nestjs/common';
import type { Operation } from '../domain/operation.ts';
import type { AcceptedOnce } from '../ledger/accept-once.ts';
import { readAccepted } from '../ledger/read-accepted.ts';
import type { StoredRecord } from '../ledger/record.ts';
import type { KeptOperation } from '../operations/kept-operation.ts';
import { OperationAcceptance } from '../operations/operation-acceptance.ts';
import { OperationFeed } from '../operations/operation-feed.ts';
import { toOperation } from '../operations/operation.presenter.ts';
import { OperationsService } from '../operations/operations.service.ts';
import { waitForEnd } from '../watching/record-waits.ts';
import { type ChangeCall, ChangesService } from './changes.service.ts';

/** A change that was accepted, as it stands after its caller has waited. */
export interface AwaitedChange {
  readonly taken: AcceptedOnce<StoredRecord<KeptOperation>>;
  readonly operation: Operation;
}

/** Changes that their callers wait for. */
@Injectable()
export class AwaitedChanges {
  readonly #changes: ChangesService;
  readonly #acceptance: OperationAcceptance;
  readonly #operations: OperationsService;
  readonly #feed: OperationFeed;

  constructor(
    @Inject(ChangesService) changes: ChangesService,
    @Inject(OperationAcceptance) acceptance: OperationAcceptance,
    @Inject(OperationsService) operations: OperationsService,
    @Inject(OperationFeed) feed: OperationFeed,
  ) {
    this.#changes = changes;
    this.#acceptance = acceptance;
    this.#operations = operations;
    this.#feed = feed;
  }

  /** Accepts it, and waits up to `waitMs` for its end. */
  async done(call: ChangeCall, waitMs: number, gone: AbortSignal): Promise<AwaitedChange> {
    const taken = await this.#changes.accept(call);
    const record = await readAccepted(taken, 'operation', async () =>
      waitForEnd(this.#feed, await this.#operations.find(taken.id), waitMs, gone),
    );
    return { taken, operation: toOperation(record) };
  }

  /** Remembers with which status it was answered. */
  answered(call: ChangeCall, { taken }: AwaitedChange, status: number): Promise<void> {
    return this.#acceptance.answered(call, taken, status);
  }
}
