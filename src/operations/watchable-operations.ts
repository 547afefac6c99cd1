import { Inject, Injectable } from '@nestjs/common';
import { CoalescedReads } from '../catalogue/coalesced-reads.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { RecordTexts } from '../watching/record-texts.ts';
import type { WatchableKind } from '../watching/watchables.ts';
import { type Watched, watchedRecord } from '../watching/watched.ts';
import type { KeptOperation } from './kept-operation.ts';
import { OperationFeed } from './operation-feed.ts';
import { toOperation } from './operation.presenter.ts';
import { OperationsService } from './operations.service.ts';

const texts = new RecordTexts();

/** Operations as watchers find them. */
@Injectable()
export class WatchableOperations implements WatchableKind {
  readonly name = 'operation';
  readonly #operations: OperationsService;
  readonly #feed: OperationFeed;
  readonly #finds = new CoalescedReads<StoredRecord<KeptOperation>>();

  constructor(
    @Inject(OperationsService) operations: OperationsService,
    @Inject(OperationFeed) feed: OperationFeed,
  ) {
    this.#operations = operations;
    this.#feed = feed;
  }

  watched(ids: readonly string[]): Promise<readonly Watched[]> {
    return Promise.all(
      ids.map(async (id) =>
        watchedRecord({
          name: this.name,
          feed: this.#feed,
          record: await this.#finds.get(id, () => this.#operations.watched(id)),
          text: (of, event) =>
            texts.of(of, event, () => JSON.stringify(toOperation({ id: of, ...event }))),
        }),
      ),
    );
  }
}
