import { afterEach } from '@jest/globals';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts, PlatformAdapter } from '../../domain/adapter.ts';
import { concordSandbox } from '../../sandbox/concord/concord.sandbox.ts';
import { startSandbox } from '../../sandbox/kit/sandbox.ts';
import { deadline } from '../../timing/deadline.ts';
import { AskedSandbox } from '../asked-sandbox.testing.ts';
import type { ConcordConfig } from './concord.config.ts';
import { ConcordConnector } from './concord.module.ts';

/** The time that a test gives a call. */
export const signal = (): AbortSignal => deadline(20_000);

/** Adapters of a spec file that talk to a sandbox, which has its first state for each test, and what they ask of it. */
export class AskedConcord extends AskedSandbox {
  constructor(definition = concordSandbox) {
    super((options) => startSandbox(definition, options));
    afterEach(() => {
      this.sandbox.reset();
    });
  }

  /** `changes` replaces settings. */
  adapter(changes: Partial<ConcordConfig> = {}, url = this.sandbox.url): PlatformAdapter {
    return new ConcordConnector(this.upstreams).open({
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
