import { beforeEach, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { z } from 'zod';
import { MemoryCells } from '../catalogue/memory-cells.ts';
import { ReadCache } from '../catalogue/read-cache.ts';
import { Walks } from '../catalogue/walks.ts';
import { connectionFields } from '../config/connection.config.ts';
import type { BuildInfo } from '../domain/adapter.ts';
import type { Capability } from '../domain/capability.ts';
import { CapabilityNotSupportedError, UpstreamUnavailableError } from '../domain/errors.ts';
import { platforms } from '../platforms/all.ts';
import { Connection } from './connection.ts';
import { ConnectionChecks } from './connection-checks.ts';

const waitMs = 5_000;

describe('what a check finds a tenant to lack', () => {
  let found: () => Promise<BuildInfo>;
  let connection: Connection;
  let checks: ConnectionChecks;

  const lacking = (...missing: Capability[]): (() => Promise<BuildInfo>) => {
    return () => Promise.resolve({ version: '1', build: null, missing });
  };

  beforeEach(() => {
    const [platform] = platforms;
    if (platform === undefined) throw new Error('there is no platform');
    const fields = z.object(connectionFields).parse({ baseUrl: 'https://example.com' });
    found = lacking();
    connection = new Connection(
      platform,
      { ...fields, id: 'one', platform: platform.name },
      {
        ping: () => found(),
        parts: {
          targets: { list: () => Promise.resolve([]) },
          schedules: { dialects: [] },
        },
      },
      { ttl: 1_000, staleWhileRevalidate: 1_000, staleIfError: 1_000 },
    );
    const cells = new MemoryCells(() => Date.now());
    const log = pino({ enabled: false });
    checks = new ConnectionChecks(new ReadCache(cells, new Walks(cells, log), 1_000));
  });

  test('is nothing as long as nobody has looked', () => {
    expect(connection.capabilities).toEqual(['targets', 'schedules']);
    expect(connection.part('targets')).toBeDefined();
  });

  test('is no capability of the connection, and asking for it is refused', async () => {
    found = lacking('targets');
    await checks.latest(connection, waitMs);
    expect(connection.capabilities).toEqual(['schedules']);
    expect(() => connection.part('targets')).toThrow(CapabilityNotSupportedError);
    expect(connection.part('schedules')).toBeDefined();
  });

  test('comes back with the check that finds it, and stays while the tenant is away', async () => {
    found = lacking('targets');
    await checks.check(connection);
    found = () => Promise.reject(new UpstreamUnavailableError('It is away.'));
    await checks.check(connection);
    expect(connection.capabilities).toEqual(['schedules']);
    found = lacking();
    // Forced reads keep a second between them.
    await new Promise((done) => setTimeout(done, 1_100));
    await checks.check(connection);
    expect(connection.capabilities).toEqual(['targets', 'schedules']);
  });
});
