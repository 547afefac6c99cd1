import { UpstreamContractError, UpstreamRejectedError } from '../../domain/errors.ts';
import type { Page } from '../../upstream/walk.ts';
import { listedMembers } from './uipath.run-mapper.ts';
import type { JobListCall, UipathRunsClient } from './uipath.runs-client.ts';
import type { JobWire } from './uipath.wire.ts';

const $select = listedMembers.join(',');

/** Lists of jobs, page by page. */
export class UipathJobPages {
  readonly #client: UipathRunsClient;
  /** Old builds lack some members of the selection, and refuse it whole. */
  #selects = true;

  constructor(client: UipathRunsClient) {
    this.#client = client;
  }

  /**
   * The pages of a filter by the numbers of its jobs, each from behind the last one of the page before: what comes or
   * goes meanwhile moves nothing, and nobody has to skip far.
   */
  async *walk(
    filter: string,
    payer: JobListCall['payer'],
    signal: AbortSignal,
  ): AsyncGenerator<Page<JobWire>> {
    let last = 0;
    for (;;) {
      const $filter = last === 0 ? filter : `${filter} and Id gt ${last}`;
      const page = await this.list({ $filter, top: this.#client.pageSize, payer }, signal);
      const left = page.total ?? (page.items.length === 0 ? 0 : Number.POSITIVE_INFINITY);
      const highest = Math.max(last, ...page.items.map(({ Id: id }) => id));
      if (left > page.items.length && highest === last) throw this.#stuck();
      yield page;
      if (left <= page.items.length) return;
      last = highest;
    }
  }

  /** One page. */
  async list(call: Omit<JobListCall, '$select'>, signal: AbortSignal): Promise<Page<JobWire>> {
    if (this.#selects) {
      try {
        return await this.#client.listJobs({ ...call, $select }, signal);
      } catch (error) {
        const isRefused = error instanceof UpstreamRejectedError;
        if (!isRefused || error.details.upstream?.status !== 400) throw error;
      }
    }
    const page = await this.#client.listJobs({ ...call, $select: null }, signal);
    this.#selects = false;
    return page;
  }

  #stuck(): UpstreamContractError {
    const { connection, platform, title } = this.#client.name;
    const what = `${title} (${connection}) counts more jobs than it lists.`;
    return new UpstreamContractError(what, { connection, platform, sent: 'maybe' });
  }
}
