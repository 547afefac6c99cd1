import { z } from 'zod';
import { connectionFields } from './config/connection.config.ts';
import type { PlatformAdapter } from './domain/adapter.ts';
import { platforms } from './platforms/all.ts';
import type { Platform } from './platforms/platform.ts';
import { MemoryBudgets } from './upstream/memory-budgets.ts';
import { UpstreamFactory } from './upstream/upstream.factory.ts';

/** A platform, and an adapter of it that was opened and is never asked. */
export interface OpenedPlatform {
  readonly platform: Platform;
  readonly adapter: PlatformAdapter;
}

/** Every platform, for tables that are read off its adapter. */
export function openedPlatforms(): OpenedPlatform[] {
  process.env['SANDBOX_SECRET'] ??= 'none';
  const upstreams = new UpstreamFactory();
  return platforms.map((platform) => {
    const own = { ...platform.sandboxConnection('http://127.0.0.1:9'), platform: undefined };
    const schema = z.object({ ...connectionFields, ...platform.settings.shape });
    const config = { ...schema.parse(own), id: platform.name, platform: platform.name };
    return {
      platform,
      adapter: new platform.connector(upstreams, new MemoryBudgets()).open(config),
    };
  });
}
