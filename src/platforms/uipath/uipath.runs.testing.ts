import { afterEach } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { PlatformAdapter, RunsPart } from '../../domain/adapter.ts';
import type { GatewayError } from '../../domain/errors.ts';
import type { RunRef } from '../../domain/run.ts';
import { deadline } from '../../timing/deadline.ts';
import { UipathStartOptions } from './uipath.options.ts';
import { AskedUipath } from './uipath.testing.ts';

/** The time that a test gives a call. */
export const signal = (): AbortSignal => deadline(15_000);

/** A run of the smoke test. */
export function ref(nativeId: string, createdAt: string | null = null): RunRef {
  return { nativeId, process: 'SmokeTest', createdAt };
}

/** The code that work fails with. */
export async function code(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    (error: unknown) => (error as GatewayError).code,
  );
}

/** Runs of the smoke test in a sandbox with its first state for each test. */
export class RunningUipath extends AskedUipath {
  constructor() {
    super();
    afterEach(() => {
      this.sandbox.reset();
    });
  }

  runsOf({ parts }: PlatformAdapter = this.adapter()): RunsPart {
    if (parts.runs === undefined) throw new Error('no runs');
    return parts.runs;
  }

  /** Starts so many; gives their native ids. */
  async start(jobsCount = 1, input: object = { in_DurationMs: 1 }): Promise<string[]> {
    const starts = this.part('starts');
    const request = {
      process: 'SmokeTest',
      version: null,
      deployment: null,
      input: { ...input },
      labels: [],
      options: Object.assign(new UipathStartOptions(), { jobsCount }),
      mark: randomUUID(),
    };
    const departure = {
      signal: signal(),
      permit: () => undefined,
      openFile: () => Promise.reject(new Error('no file')),
    };
    const evidences = await starts.prepare(request, signal());
    const receipts = await Promise.all(evidences.map((each) => starts.send(each, departure)));
    return receipts.map(({ nativeId }) => nativeId ?? '');
  }

  /** The calls for lists of runs. */
  lists(): URL[] {
    return this.asked('/odata/Jobs?').map(({ url }) => new URL(url, 'http://sandbox'));
  }
}
