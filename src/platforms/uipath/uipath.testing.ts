import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts, PlatformAdapter } from '../../domain/adapter.ts';
import { type Exchange, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { uipathSandbox } from '../../sandbox/uipath/uipath.sandbox.ts';
import { MemoryBudgets } from '../../upstream/memory-budgets.ts';
import { AskedSandbox } from '../asked-sandbox.testing.ts';
import type { UipathConfig } from './uipath.config.ts';
import { UipathConnector } from './uipath.module.ts';

/** Where the sandbox has its organization and tenant. */
export const base = '/acme/Production/orchestrator_';

/** Adapters of a spec file that talk to a sandbox, and what they ask of it. */
export class AskedUipath extends AskedSandbox {
  constructor() {
    super((options) => startSandbox(uipathSandbox, options));
  }

  /** `changes` replaces settings. */
  adapter(changes: Partial<UipathConfig> = {}, budgets = new MemoryBudgets()): PlatformAdapter {
    const baseUrl = `${this.sandbox.url}${base}`;
    return new UipathConnector(this.upstreams, budgets).open({
      ...z.object(connectionFields).parse({ baseUrl }),
      id: 'uipath-eu',
      platform: 'uipath',
      auth: { type: 'token', token: new Secret(() => 'sandbox-token') },
      folder: { path: 'Shared' },
      feed: 'tenant',
      pageSize: 500,
      listCallsPerMinute: 100,
      blobHosts: [],
      ...changes,
    });
  }

  part<C extends keyof AdapterParts>(
    name: C,
    changes: Partial<UipathConfig> = {},
  ): AdapterParts[C] {
    const found = this.adapter(changes).parts[name];
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  }

  /** The exchanges whose address holds this path. */
  asked(path: string): Exchange[] {
    return this.exchanges.filter(({ url }) => url.includes(path));
  }
}
