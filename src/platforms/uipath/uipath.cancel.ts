import type { CancelPart } from '../../domain/adapter.ts';
import { GatewayError, UpstreamRejectedError } from '../../domain/errors.ts';
import type { CancelOptions, RunRef } from '../../domain/run.ts';
import { readFirst } from '../../upstream/read-first.ts';
import { hasEnded } from './uipath.run-mapper.ts';
import type { UipathRunsClient } from './uipath.runs-client.ts';
import type { UipathRuns } from './uipath.runs.ts';
import type { JobWire } from './uipath.wire.ts';

/** Stopping: softly, so that a workflow which looks for it can end in order, or at once. Jobs have no others below them. */
export class UipathCancel implements CancelPart {
  readonly #client: UipathRunsClient;
  readonly #runs: UipathRuns;

  constructor(client: UipathRunsClient, runs: UipathRuns) {
    this.#client = client;
    this.#runs = runs;
  }

  async cancel(run: RunRef, { force }: CancelOptions, signal: AbortSignal): Promise<boolean> {
    // The call goes by the number, which only the job itself tells.
    const job = await readFirst(() => this.#runs.find(run.nativeId, signal));
    if (job === null) return false;
    if (isStopped(job, force)) return true;
    try {
      await this.#client.stopJob(job.Id, force ? 'Kill' : 'SoftStop', signal);
    } catch (error) {
      if (!(error instanceof UpstreamRejectedError)) throw error;
      // It may have ended meanwhile: then there was nothing left to stop.
      if (!(await this.#isOver(run.nativeId, force, signal))) throw error;
    }
    return true;
  }

  /** Whether a job is known to have nothing to be stopped any more. */
  async #isOver(nativeId: string, force: boolean, signal: AbortSignal): Promise<boolean> {
    try {
      const job = await this.#runs.find(nativeId, signal);
      return job === null || isStopped(job, force);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      // The stop is refused all the same.
      return false;
    }
  }
}

/** Whether there is nothing more to be done about a job: a soft stop may still be followed by a kill. */
function isStopped(job: JobWire, force: boolean): boolean {
  if (hasEnded(job) || job.State === 'Terminating') return true;
  return job.State === 'Stopping' && !force;
}
