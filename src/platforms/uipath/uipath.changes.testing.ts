import { afterEach, expect } from '@jest/globals';
import type { AdapterParts } from '../../domain/adapter.ts';
import type {
  ChangePart,
  ChangeReceipt,
  ChangeTerms,
  PreparedChange,
} from '../../domain/change.ts';
import type { DeploymentRecord } from '../../domain/deployment.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { Reconciliation } from '../../domain/write.ts';
import { deadline } from '../../timing/deadline.ts';
import type { UipathConfig } from './uipath.config.ts';
import { AskedUipath, base } from './uipath.testing.ts';

type Kind = 'versionDeletion' | 'deletion' | 'activation' | 'lifecycle' | 'deploying';
type RequestOf<K extends Kind> =
  AdapterParts[K] extends ChangePart<infer Q extends ChangeTerms> ? Q : never;
type Settings = Partial<UipathConfig>;

/** Changes of one kind, as the ledger makes them, and what the sandbox shows of them. */
export class ChangedUipath<K extends Kind> {
  readonly asked = new AskedUipath();
  readonly #kind: K;

  constructor(kind: K) {
    this.#kind = kind;
    afterEach(() => {
      this.asked.sandbox.reset();
    });
  }

  signal(): AbortSignal {
    return deadline(15_000);
  }

  part(settings: Settings = {}): ChangePart<RequestOf<K>> {
    return this.asked.part(this.#kind, settings) as ChangePart<RequestOf<K>>;
  }

  /** As the ledger keeps it. */
  async prepared(request: RequestOf<K>, settings: Settings = {}): Promise<PreparedChange> {
    const prepared = await this.part(settings).prepare(request, this.signal());
    return JSON.parse(JSON.stringify(prepared)) as PreparedChange;
  }

  async send({ evidence }: PreparedChange, settings: Settings = {}): Promise<ChangeReceipt> {
    const permitted: number[] = [];
    const before = this.writes().length;
    const work = this.part(settings).send(evidence, {
      signal: this.signal(),
      permit: () => permitted.push(this.writes().length - before),
      openFile: () => Promise.reject(new Error('no file')),
    });
    await Promise.allSettled([work]);
    // Each was asked for right before it left.
    expect(permitted).toEqual(permitted.map((_, at) => at));
    expect(this.writes()).toHaveLength(before + permitted.length);
    return work;
  }

  async look({ evidence }: PreparedChange): Promise<Reconciliation<ChangeReceipt>> {
    const now = Date.now();
    return this.part().reconcile(evidence, { from: now, until: now }, this.signal());
  }

  /** Prepared, sent, and its answer lost before or after the effect. */
  async lost(
    request: RequestOf<K>,
    { path, effect, times = 1 }: { path: string; effect: boolean; times?: number },
  ): Promise<PreparedChange> {
    const prepared = await this.prepared(request);
    const fault = effect ? ({ kind: 'resetAfterEffect' } as const) : ({ kind: 'reset' } as const);
    for (const method of ['POST', 'PATCH', 'DELETE'])
      this.asked.sandbox.faults.add({ method, path, fault, times });
    const error = await refusal(this.send(prepared));
    if ((error as { details?: { sent?: string } }).details?.sent !== 'maybe') throw error;
    this.asked.sandbox.faults.clear();
    return prepared;
  }

  /** Every request that may have changed something, as method and path below the base. */
  writes(): string[] {
    return this.asked.exchanges
      .filter(({ method }) => method !== 'GET')
      .map(({ method, url }) => `${method} ${decodeURIComponent(url).replace(base, '')}`);
  }

  /** What really happened. */
  effects(): (readonly [effect: string, details: Readonly<Record<string, unknown>>])[] {
    return this.asked.sandbox.ledger().map(({ effect, details }) => [effect, details] as const);
  }

  async deployments(key: string): Promise<readonly DeploymentRecord[]> {
    return (await this.asked.part('deployments').list(key, this.signal())) ?? [];
  }

  async versions(key: string): Promise<readonly VersionRecord[] | null> {
    return this.asked.part('versions').list(key, this.signal());
  }

  /** A call of somebody else, in the folder `Shared`. */
  async call(method: string, path: string, body?: object): Promise<void> {
    const answer = await fetch(`${this.asked.sandbox.url}${base}/odata/${path}`, {
      method,
      headers: { authorization: 'Bearer sandbox-token', 'x-uipath-organizationunitid': '101' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(await answer.text());
  }
}

/** What a promise is refused with. */
export async function refusal(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it was not refused');
}

/** What every refusal before anything has left says. */
export const notSent = { connection: 'uipath-eu', platform: 'uipath', outcome: 'not_sent' };
