import { Inject, Injectable } from '@nestjs/common';
import { CoalescedReads } from '../catalogue/coalesced-reads.ts';
import type { RecordEvent } from '../ledger/record-store.ts';
import { RecordTexts } from '../watching/record-texts.ts';
import type { WatchableKind } from '../watching/watchables.ts';
import { type Watched, watchedRecord } from '../watching/watched.ts';
import type { KeptRun } from './kept-run.ts';
import { RunFeed } from './run-feed.ts';
import { isScheduled, toRun } from './run.presenter.ts';
import type { FoundRun } from './found-run.ts';
import { type RunsService, WATCHED_RUNS } from './runs.service.ts';

/** Runs as they are watched. */
@Injectable()
export class WatchableRuns implements WatchableKind {
  readonly name = 'run';
  readonly #runs: RunsService;
  readonly #feed: RunFeed;
  readonly #texts = new RecordTexts();
  readonly #finds = new CoalescedReads<FoundRun>();
  readonly #looks = new CoalescedReads<void>();

  constructor(@Inject(WATCHED_RUNS) runs: RunsService, @Inject(RunFeed) feed: RunFeed) {
    this.#runs = runs;
    this.#feed = feed;
  }

  watched(ids: readonly string[]): Promise<readonly Watched[]> {
    const find = (id: string): Promise<FoundRun> =>
      this.#finds.get(id, () => this.#runs.watched(id));
    return Promise.all(ids.map(async (id) => this.#watched(await find(id))));
  }

  #watched(found: FoundRun): Watched {
    const { connection, record } = found;
    const text = (id: string, { revision, doc }: RecordEvent<KeptRun>): string =>
      this.#texts.of(
        id,
        { revision, doc },
        () => JSON.stringify(toRun(connection, { id, revision, doc }, false)),
        // What has not left yet can be stopped.
        String(isScheduled(doc)),
      );
    return watchedRecord({
      name: this.name,
      feed: this.#feed,
      record,
      text,
      watchOver: () => this.#looks.get(record.id, () => this.#runs.watchOver(found)),
    });
  }
}
