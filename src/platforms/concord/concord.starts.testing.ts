import { randomUUID } from 'node:crypto';
import type { AdapterParts } from '../../domain/adapter.ts';
import type { Native } from '../../domain/native.ts';
import type { StartReceipt, StartRequest } from '../../domain/run.ts';
import type { Departure, Reconciliation } from '../../domain/write.ts';
import type { ConcordConfig } from './concord.config.ts';
import { ConcordStartOptions } from './concord.start-options.ts';
import { AskedConcord, signal } from './concord.testing.ts';

export const smokeTest = 'Default:platform-checks:main:Smoke%20test';

/** Starts of the smoke test, as the ledger makes them, and what the sandbox shows of them. */
export class StartedConcord extends AskedConcord {
  /** When its starts are taken to have left. */
  readonly #window = { from: Date.now(), until: Date.now() + 60_000 };

  starts(changes?: Partial<ConcordConfig>, url?: string): AdapterParts['starts'] {
    return this.parts(changes, url).starts;
  }

  runs(): AdapterParts['runs'] {
    return this.parts().runs;
  }

  request(
    changes: Partial<StartRequest> = {},
    options: Partial<ConcordStartOptions> = {},
  ): StartRequest {
    return {
      process: smokeTest,
      version: null,
      deployment: null,
      input: {},
      labels: [],
      options: Object.assign(new ConcordStartOptions(), options),
      mark: `r-${randomUUID()}`,
      ...changes,
    };
  }

  /** As the ledger keeps it. */
  async prepared(wanted = this.request(), part = this.starts()): Promise<Native> {
    const [evidence, ...others] = await part.prepare(wanted, signal());
    if (others.length > 0) throw new Error('not one');
    return JSON.parse(JSON.stringify(evidence)) as Native;
  }

  send(evidence: Native, part = this.starts(), permit = allowed): Promise<StartReceipt> {
    return part.send(evidence, departure(permit));
  }

  reconcile(evidence: Native, part = this.starts()): Promise<Reconciliation<StartReceipt>> {
    return part.reconcile(evidence, this.#window, signal());
  }

  /** What has really been started. */
  begun(): readonly Readonly<Record<string, unknown>>[] {
    return this.sandbox
      .ledger()
      .filter(({ effect }) => effect === 'run.started')
      .map(({ details }) => details);
  }

  /** The body of the latest request. */
  sent(): string {
    return this.exchanges.at(-1)?.requestBody?.toString('utf8') ?? '';
  }
}

function allowed(): void {
  // It may leave.
}

function departure(permit: () => void): Departure {
  return { signal: signal(), permit, openFile: () => Promise.reject(new Error('no files')) };
}
