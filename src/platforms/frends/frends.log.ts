import type { LineLogPart } from '../../domain/adapter.ts';
import { type Instant, toInstant } from '../../domain/instant.ts';
import type { LogLine, RunRef } from '../../domain/run.ts';
import { atOnce } from '../at-once.ts';
import { runPlaceOf } from './frends.run-mapper.ts';
import type { StepWire } from './frends.run-wire.ts';
import type { FrendsRunsClient } from './frends.runs-client.ts';
import type { StepData } from './frends.step-data.ts';

/** What a run did step by step, where the tenant logs that and shows it. */
export class FrendsLog implements LineLogPart {
  readonly kind = 'lines';
  readonly isWhole = true;
  readonly #runs: FrendsRunsClient;
  readonly #stepData: StepData;

  constructor(runs: FrendsRunsClient, stepData: StepData) {
    this.#runs = runs;
    this.#stepData = stepData;
  }

  async lines(
    run: RunRef,
    _after: Instant | null,
    signal: AbortSignal,
  ): Promise<AsyncIterable<readonly LogLine[]> | null> {
    const place = runPlaceOf(run.nativeId);
    if (place === null) return null;
    const details = await this.#runs.getInstance(place.agentGroupId, place.executionId, signal);
    if (details === null) return null;
    const { steps, stepDataUri } = details;
    const link = stepDataUri ?? '';
    const logged = steps ?? (link === '' ? null : await this.#stepData.read(link, signal));
    return logged === null ? null : atOnce(linesOf(logged));
  }
}

/** A line for the beginning of a step and one for its end, in the order of time. Values stay out: they may be secret. */
export function linesOf(steps: readonly StepWire[]): LogLine[] {
  // A line without a time belongs behind the one before it.
  let last = '';
  return steps
    .flatMap(stepLines)
    .map((line) => {
      last = line.at ?? last;
      return { line, at: last };
    })
    .sort((a, b) => (a.at === b.at ? 0 : a.at < b.at ? -1 : 1))
    .map(({ line }) => line);
}

function stepLines(step: StepWire): LogLine[] {
  const name = step.name ?? 'A step';
  const [begun, ended] = [toInstant(step.startTimeUtc), toInstant(step.endTimeUtc)];
  const exception = (step.exception ?? '').split(/\r?\n/).filter((line) => line.trim() !== '');
  const begin = { at: begun, level: null, message: `${name}: begun` };
  if (exception.length > 0) {
    const lines = exception.map((line) => ({
      at: ended,
      level: null,
      message: `${name}: ${line}`,
    }));
    return [begin, ...lines];
  }
  if (ended === null) return [begin];
  const took = begun === null ? '' : ` after ${Date.parse(ended) - Date.parse(begun)} ms`;
  return [begin, { at: ended, level: null, message: `${name}: done${took}` }];
}
