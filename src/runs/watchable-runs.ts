import { Inject, Injectable } from '@nestjs/common';
import type { RecordEvent } from '../ledger/record-store.ts';
import { RecordTexts } from '../watching/record-texts.ts';
import type { WatchableKind } from '../watching/watchables.ts';
import { type Watched, watchedRecord } from '../watching/watched.ts';
import type { KeptRun } from './kept-run.ts';
import { RunFeed } from './run-feed.ts';
import { isScheduled, toRun } from './run.presenter.ts';
import { type FoundRun, type RunsService, WATCHED_RUNS } from './runs.service.ts';

/** Runs as they are watched. */
@Injectable()
export class WatchableRuns implements WatchableKind {
  readonly name = 'run';
  readonly #runs: RunsService;
  readonly #feed: RunFeed;
  readonly #texts = new RecordTexts();

  constructor(@Inject(WATCHED_RUNS) runs: RunsService, @Inject(RunFeed) feed: RunFeed) {
    this.#runs = runs;
    this.#feed = feed;
  }

  watched(ids: readonly string[]): Promise<readonly Watched[]> {
    return Promise.all(ids.map(async (id) => this.#watched(await this.#runs.watched(id))));
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
      watchOver: () => this.#runs.watchOver(found),
    });
  }
}
