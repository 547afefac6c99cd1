import { z } from 'zod';
import { connectionFields } from '../../src/config/connection.config.ts';
import type { PlatformAdapter } from '../../src/domain/adapter.ts';
import type { Platform } from '../../src/platforms/platform.ts';
import { MemoryBudgets } from '../../src/upstream/memory-budgets.ts';
import { UpstreamFactory } from '../../src/upstream/upstream.factory.ts';

/** An adapter that talks to a real socket, and what to call when done with it. */
export interface OpenAdapter {
  readonly adapter: PlatformAdapter;
  close(): Promise<void>;
}

/** Opens a platform's adapter on the sandbox at `url`, as the gateway would; `changes` replaces settings. */
export function openAdapter(
  platform: Platform,
  url: string,
  changes: Readonly<Record<string, unknown>> = {},
): OpenAdapter {
  process.env['SANDBOX_SECRET'] = 'sandbox-secret';
  process.env['SANDBOX_TOKEN'] = 'sandbox-token';
  process.env['SANDBOX_PASSWORD'] = 'sandbox-password';
  process.env['WRONG_SECRET'] = 'a-wrong-secret';
  const { platform: name, ...block } = { ...platform.sandboxConnection(url), ...changes } as {
    platform: string;
  };
  const schema = z.strictObject({ ...connectionFields, ...platform.settings.shape });
  const config = { ...schema.parse(block), id: name, platform: name };
  const upstreams = new UpstreamFactory();
  const adapter = new platform.connector(upstreams, new MemoryBudgets()).open(config);
  return { adapter, close: () => upstreams.onApplicationShutdown() };
}
