import type { CancelPart, RestartPart, ResumePart } from '../../domain/adapter.ts';
import {
  ConflictError,
  GatewayError,
  InvalidRequestError,
  type ErrorDetails,
  UpstreamRejectedError,
} from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';
import { type CancelOptions, isEnd, type RunRef } from '../../domain/run.ts';
import { isSegment } from '../../upstream/path.ts';
import { readFirst } from '../../upstream/read-first.ts';
import { isRunId } from './concord.key.ts';
import type { ConcordRunClient } from './concord.run-client.ts';
import { statusOf } from './concord.run-mapper.ts';
import type { ConcordScope } from './concord.scope.ts';
import type { RunWire } from './concord.wire.ts';

/** Stopping, restarting and resuming runs. */
export class ConcordControl implements CancelPart, RestartPart, ResumePart {
  readonly #client: ConcordRunClient;
  readonly #scope: ConcordScope;

  constructor(client: ConcordRunClient, scope: ConcordScope) {
    this.#client = client;
    this.#scope = scope;
  }

  /** There is one way to stop a run, and it is not gentle: `force` changes nothing. */
  async cancel(run: RunRef, { cascade }: CancelOptions, signal: AbortSignal): Promise<boolean> {
    if (!(await this.#admits(run, signal))) return false;
    return this.#client.stop(run.nativeId, cascade, signal);
  }

  async restart({ nativeId }: RunRef, signal: AbortSignal): Promise<boolean> {
    const run = await readFirst(() => this.#find(nativeId, signal));
    if (run === null) return false;
    const { parentInstanceId: parent, status } = run;
    if (!isEnd(statusOf(run)))
      throw this.#conflict(`It is ${status}: only what has ended restarts.`);
    // The server would take the request for one about the run at the root.
    if (parent !== null && parent !== undefined)
      throw this.#conflict(`The run ${parent} has started it: restart that one.`);
    return this.#unlessRefused(this.#client.restart(nativeId, signal), [409], () =>
      Promise.resolve('It has not ended: only what has ended restarts.'),
    );
  }

  async resume(run: RunRef, event: string, payload: Native, signal: AbortSignal): Promise<boolean> {
    if (!isSegment(event)) throw this.#badEvent();
    if (!(await this.#admits(run, signal))) return false;
    const resumed = this.#client.resume(run.nativeId, event, payload, signal);
    return this.#unlessRefused(resumed, [400, 409], async () => {
      try {
        return await this.#waitsFor(run.nativeId, signal);
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        // It is refused all the same.
        return 'It waits for nothing, or for another event.';
      }
    });
  }

  #admits({ nativeId, process }: RunRef, signal: AbortSignal): Promise<boolean> {
    return readFirst(() => this.#scope.admits(nativeId, process, signal));
  }

  async #find(id: string, signal: AbortSignal): Promise<RunWire | null> {
    if (!isRunId(id)) return null;
    const run = await this.#client.getRun(id, [], signal);
    return run === null || !this.#scope.owns(run) ? null : run;
  }

  /** What a run waits for, in a sentence. */
  async #waitsFor(id: string, signal: AbortSignal): Promise<string> {
    const run = await this.#client.getRun(id, [], signal);
    if (run === null || statusOf(run) !== 'suspended')
      return `It waits for nothing: it is ${run?.status ?? 'gone'}.`;
    const awaited = await this.#client.awaitedEvents(id, signal);
    const events = awaited.filter((name) => !isRunId(name));
    if (events.length > 0) return `It waits for ${events.map((name) => `"${name}"`).join(', ')}.`;
    return awaited.length > 0
      ? 'It waits for a form to be filled in.'
      : 'It waits for something else.';
  }

  async #unlessRefused(
    change: Promise<boolean>,
    statuses: readonly number[],
    why: () => Promise<string>,
  ): Promise<boolean> {
    try {
      return await change;
    } catch (error) {
      if (!(error instanceof UpstreamRejectedError)) throw error;
      const { upstream } = error.details;
      if (upstream === undefined || !statuses.includes(upstream.status ?? 0)) throw error;
      throw this.#conflict(await why(), { upstream, outcome: 'rejected', cause: error });
    }
  }

  #conflict(why: string, details: ErrorDetails = { outcome: 'not_sent' }): ConflictError {
    const { connection, platform } = this.#client.name;
    return new ConflictError(why, { connection, platform, ...details });
  }

  #badEvent(): InvalidRequestError {
    const { connection, platform } = this.#client.name;
    return new InvalidRequestError('An event has a name.', {
      connection,
      platform,
      outcome: 'not_sent',
      errors: [{ at: 'event', message: 'must be the name of an event' }],
    });
  }
}
