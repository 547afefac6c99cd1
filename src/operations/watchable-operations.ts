import { Inject, Injectable } from '@nestjs/common';
import { RecordTexts } from '../watching/record-texts.ts';
import type { WatchableKind } from '../watching/watchables.ts';
import { type Watched, watchedRecord } from '../watching/watched.ts';
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
          record: await this.#operations.watched(id),
          text: (of, event) =>
            texts.of(of, event, () => JSON.stringify(toOperation({ id: of, ...event }))),
        }),
      ),
    );
  }
}
