import { afterEach } from '@jest/globals';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts } from '../../domain/adapter.ts';
import type {
  ChangePart,
  ChangeReceipt,
  ChangeTerms,
  PreparedChange,
} from '../../domain/change.ts';
import type { Native } from '../../domain/native.ts';
import type { Reconciliation } from '../../domain/write.ts';
import { startSandbox } from '../../sandbox/kit/sandbox.ts';
import { odslSandbox } from '../../sandbox/odsl/odsl.sandbox.ts';
import type { ChangingCapability } from '../../domain/capability.ts';
import { deadline } from '../../timing/deadline.ts';
import { AskedSandbox } from '../asked-sandbox.testing.ts';
import { OdslConnector } from './odsl.module.ts';

type Requests<C extends ChangingCapability> =
  AdapterParts[C] extends ChangePart<infer Q extends ChangeTerms> ? Q : never;

/** For one step of a test, in ms. */
const patienceMs = 10_000;

/** Whether an answer is lost before or after the sandbox has done what was asked. */
export type Loss = 'reset' | 'resetAfterEffect';

/** What every refusal says of where it comes from. */
export const refused = { connection: 'odsl-eu', platform: 'odsl', outcome: 'not_sent' } as const;

/** One kind of change as the ledger goes through it, against a sandbox that others change as well. */
export class ChangedOdsl<C extends ChangingCapability> extends AskedSandbox {
  readonly #capability: C;

  constructor(capability: C) {
    super((options) => startSandbox(odslSandbox, options));
    this.#capability = capability;
    afterEach(() => {
      this.sandbox.reset();
    });
  }

  get part(): ChangePart<Requests<C>> {
    const part: unknown = this.open()[this.#capability];
    if (part === undefined) throw new Error(`no ${this.#capability}`);
    return part as ChangePart<Requests<C>>;
  }

  open(fields: object = {}): Partial<AdapterParts> {
    const baseUrl = `${this.sandbox.url}/api`;
    return new OdslConnector(this.upstreams).open({
      ...z.object(connectionFields).parse({ baseUrl, timeout: '5s', ...fields }),
      id: 'odsl-eu',
      platform: 'odsl',
      auth: { type: 'token', token: new Secret(() => 'sandbox-token') },
      environment: 'production',
      startBody: 'input',
    }).parts;
  }

  /** What is stored of it comes back from JSON. */
  async prepare(
    request: Omit<Requests<C>, 'confirm'> & { confirm?: string },
  ): Promise<PreparedChange> {
    const whole = { confirm: null, ...request } as unknown as Requests<C>;
    const { items, evidence } = await this.part.prepare(whole, deadline(patienceMs));
    return { items, evidence: JSON.parse(JSON.stringify(evidence)) as Native };
  }

  async send({ evidence }: PreparedChange, permit = (): void => undefined): Promise<ChangeReceipt> {
    return this.part.send(evidence, {
      signal: deadline(patienceMs),
      permit,
      openFile: () => Promise.reject(new Error('there is no file')),
    });
  }

  async reconcile({ evidence }: PreparedChange): Promise<Reconciliation<ChangeReceipt>> {
    const window = { from: Date.now() - 1_000, until: Date.now() };
    return this.part.reconcile(evidence, window, deadline(patienceMs));
  }

  /** Sends it, its answer being lost, and looks for it. */
  async lose(prepared: PreparedChange, kind: Loss): Promise<Reconciliation<ChangeReceipt>> {
    for (const method of ['POST', 'PUT', 'DELETE'])
      this.sandbox.faults.add({ method, path: 'process/v1', times: 1, fault: { kind } });
    const error: unknown = await this.send(prepared).catch((reason: unknown) => reason);
    this.sandbox.faults.clear();
    if (!(error instanceof Error)) throw new Error('its answer was not lost');
    return this.reconcile(prepared);
  }

  /** What somebody else does. */
  async others(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${this.sandbox.url}/api/process/v1${path}`, {
      method,
      headers: { authorization: 'Bearer sandbox-token' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
    return answer.json();
  }

  /** Saves FX so often, its description counting them. */
  async history(count: number): Promise<void> {
    for (let at = 1; at <= count; at += 1)
      await this.others('POST', '', { _id: 'FX', name: 'FX', script: 'Fx', description: `v${at}` });
    this.exchanges = [];
  }

  async shown(path: string): Promise<Native | null> {
    return this.others('GET', path).then(
      (found) => found as Native,
      () => null,
    );
  }

  async versions(id = 'FX'): Promise<string[]> {
    const listed = (await this.others('GET', `/${id}/*`).catch(() => [])) as { version: string }[];
    return listed.map(({ version }) => version);
  }

  /** What really happened, and to what. */
  effects(): string[] {
    return this.sandbox.ledger().map(({ effect, details }) => `${effect} ${String(details['id'])}`);
  }

  /** Requests that change something, of the gateway. */
  writes(): string[] {
    return this.exchanges
      .filter(
        ({ method, requestHeaders }) =>
          method !== 'GET' && requestHeaders['user-agent'] === 'process-gateway',
      )
      .map(({ method, url }) => `${method} ${url.replace(/gateway[0-9a-f]{32}/, 'MARK')}`);
  }
}
