import { afterEach } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { AdapterParts } from '../../domain/adapter.ts';
import type { DeploymentRecord } from '../../domain/deployment.ts';
import type { Native } from '../../domain/native.ts';
import type { StartReceipt, StartRequest } from '../../domain/run.ts';
import { deadline } from '../../timing/deadline.ts';
import type { UipathConfig } from './uipath.config.ts';
import { UipathStartOptions } from './uipath.options.ts';
import { AskedUipath, base } from './uipath.testing.ts';

type Settings = Partial<UipathConfig>;

/** Starts of the smoke test, as the ledger makes them, and what the sandbox shows of them. */
export class StartedUipath {
  readonly asked = new AskedUipath();

  constructor() {
    afterEach(() => {
      this.asked.sandbox.reset();
    });
  }

  signal(): AbortSignal {
    return deadline(15_000);
  }

  starts(settings: Settings = {}): AdapterParts['starts'] {
    return this.asked.part('starts', settings);
  }

  runs(): AdapterParts['runs'] {
    return this.asked.part('runs');
  }

  /** What the smoke test is deployed as. */
  async deployments(): Promise<readonly DeploymentRecord[]> {
    return (await this.asked.part('deployments').list('SmokeTest', this.signal())) ?? [];
  }

  request(changes: Partial<StartRequest> = {}): StartRequest {
    return {
      process: 'SmokeTest',
      version: null,
      deployment: null,
      input: {},
      labels: ['nightly'],
      options: new UipathStartOptions(),
      mark: `gw.${randomUUID()}`,
      ...changes,
    };
  }

  /** As the ledger keeps it. */
  async prepared(changes: Partial<StartRequest> = {}): Promise<Native[]> {
    const evidences = await this.starts().prepare(this.request(changes), this.signal());
    return JSON.parse(JSON.stringify(evidences)) as Native[];
  }

  async one(changes: Partial<StartRequest> = {}): Promise<Native> {
    const [evidence, ...more] = await this.prepared(changes);
    if (evidence === undefined || more.length > 0) throw new Error('not one');
    return evidence;
  }

  send(evidence: Native, permit: () => void = () => undefined): Promise<StartReceipt> {
    return this.starts().send(evidence, {
      signal: this.signal(),
      permit,
      openFile: () => Promise.reject(new Error('no file')),
    });
  }

  /** What has really been started. */
  started(): readonly Readonly<Record<string, unknown>>[] {
    return this.asked.sandbox
      .ledger()
      .filter(({ effect }) => effect === 'run.started')
      .map(({ details }) => details);
  }

  /** A second release of the smoke test. */
  async deployAgain(more: object = {}): Promise<void> {
    const own = { Name: 'Smoke test again', ProcessKey: 'SmokeTest', ProcessVersion: '1.0.0' };
    const answer = await fetch(`${this.asked.sandbox.url}${base}/odata/Releases`, {
      method: 'POST',
      headers: { authorization: 'Bearer sandbox-token', 'x-uipath-organizationunitid': '101' },
      body: JSON.stringify({ ...own, ...more }),
    });
    if (answer.status !== 201) throw new Error(await answer.text());
  }
}

/** Options of a start as the API hands them on. */
export function options(members: Partial<UipathStartOptions>): UipathStartOptions {
  return Object.assign(new UipathStartOptions(), members);
}
