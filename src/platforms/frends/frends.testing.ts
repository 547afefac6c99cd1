import { afterEach, beforeAll } from '@jest/globals';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts, PlatformAdapter } from '../../domain/adapter.ts';
import type {
  ChangePart,
  ChangeReceipt,
  ChangeTerms,
  PreparedChange,
} from '../../domain/change.ts';
import type { Native } from '../../domain/native.ts';
import type { CertainWrite, Departure, Reconciliation } from '../../domain/write.ts';
import { frendsSandbox } from '../../sandbox/frends/frends.sandbox.ts';
import { startSandbox } from '../../sandbox/kit/sandbox.ts';
import { timeout } from '../../timing/deadline.ts';
import { AskedSandbox } from '../asked-sandbox.testing.ts';
import { FrendsConnector } from './frends.module.ts';

const patienceMs = 10_000;

/** What errors of a change that was not sent say. */
export const refusal = { connection: 'frends-eu', platform: 'frends', outcome: 'not_sent' };

/** A sandbox with its first state for each test, and changes as the ledger makes them. */
export class ChangingFrends extends AskedSandbox {
  #keys: ReadonlyMap<string, string> = new Map();

  constructor() {
    super((options) => startSandbox(frendsSandbox, options));
    beforeAll(async () => {
      const listed = await this.parts.processes.list(this.signal());
      this.#keys = new Map(listed.map(({ name, key }) => [name, key]));
    });
    afterEach(() => {
      this.sandbox.reset();
      this.sandbox.forget();
    });
  }

  get parts(): AdapterParts {
    return this.adapter(this.sandbox.url).parts as AdapterParts;
  }

  adapter(url: string, settings: object = {}): PlatformAdapter {
    return new FrendsConnector(this.upstreams).open({
      ...z.object(connectionFields).parse({ baseUrl: url, ...settings }),
      id: 'frends-eu',
      platform: 'frends',
      auth: { type: 'token', token: new Secret(() => 'sandbox-token') },
      pageSize: 100,
      blobHosts: [],
    });
  }

  signal(): AbortSignal {
    return timeout(patienceMs);
  }

  key(name: string): string {
    const key = this.#keys.get(name);
    if (key === undefined) throw new Error(`no process is called ${name}`);
    return key;
  }

  /** What was planned, as the ledger gives it back. */
  async prepare<Q extends ChangeTerms>(part: ChangePart<Q>, request: Q): Promise<PreparedChange> {
    const prepared = await part.prepare(request, this.signal());
    return JSON.parse(JSON.stringify(prepared)) as PreparedChange;
  }

  send(
    part: CertainWrite<ChangeReceipt>,
    evidence: Native,
    departure: Partial<Departure> = {},
  ): Promise<ChangeReceipt> {
    return part.send(evidence, {
      signal: this.signal(),
      permit: () => undefined,
      openFile: () => Promise.reject(new Error('there is no file')),
      ...departure,
    });
  }

  reconcile(
    part: CertainWrite<ChangeReceipt>,
    evidence: Native,
    isTaken = false,
  ): Promise<Reconciliation<ChangeReceipt>> {
    const sent = { from: Date.now() - 1_000, until: Date.now(), isTaken };
    return part.reconcile(evidence, sent, this.signal());
  }

  /** What has happened, in order. */
  effects(): string[] {
    return this.sandbox.ledger().map(({ effect }) => effect);
  }

  /** The next request of this kind gets no answer, and has its effect only where that is said. */
  loseAnswer(method: string, path: string, kind: 'reset' | 'resetAfterEffect'): void {
    this.sandbox.faults.add({ method, path, times: 1, fault: { kind } });
  }
}
