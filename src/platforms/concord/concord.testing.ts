import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts, PlatformAdapter } from '../../domain/adapter.ts';
import { concordSandbox } from '../../sandbox/concord/concord.sandbox.ts';
import { type Exchange, type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { deadline } from '../../timing/deadline.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import type { ConcordConfig } from './concord.config.ts';
import { ConcordConnector } from './concord.module.ts';

/** The time that a test gives a call. */
export const signal = (): AbortSignal => deadline(20_000);

/** Adapters of a spec file that talk to a sandbox, which has its first state for each test, and what they ask of it. */
export class AskedConcord {
  exchanges: Exchange[] = [];
  readonly #upstreams = new UpstreamFactory();
  #sandbox: Sandbox | null = null;

  constructor(definition = concordSandbox) {
    beforeAll(async () => {
      this.#sandbox = await startSandbox(definition, {
        observe: (exchange) => this.exchanges.push(exchange),
      });
    });
    afterEach(() => {
      this.sandbox.faults.clear();
      this.sandbox.reset();
      this.exchanges = [];
    });
    afterAll(async () => {
      await this.#upstreams.onApplicationShutdown();
      await this.sandbox.close();
    });
  }

  get sandbox(): Sandbox {
    if (this.#sandbox === null) throw new Error('the sandbox has not been started yet');
    return this.#sandbox;
  }

  /** `changes` replaces settings. */
  adapter(changes: Partial<ConcordConfig> = {}, url = this.sandbox.url): PlatformAdapter {
    return new ConcordConnector(this.#upstreams).open({
      ...z.object(connectionFields).parse({ baseUrl: url }),
      id: 'concord',
      platform: 'concord',
      startStyle: 'auto',
      auth: { type: 'apiKey', key: new Secret(() => 'sandbox-secret'), scheme: 'raw' },
      ...changes,
    });
  }

  parts(changes?: Partial<ConcordConfig>, url?: string): AdapterParts {
    return this.adapter(changes, url).parts as AdapterParts;
  }
}
