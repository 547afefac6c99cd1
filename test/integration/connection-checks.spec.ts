import { expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionChecks } from '../../src/connections/connection-checks.ts';
import type { BuildInfo } from '../../src/domain/adapter.ts';
import { Replicas } from '../support/replicas.ts';
import { down } from '../support/controlled-reads.ts';

const replicas = new Replicas();

it('tells when the upstream was last looked at, and not when somebody asked, whether it answers or not', async () => {
  const replica = await replicas.open([], { timing: { forcedApart: 0 } });
  const checks = new ConnectionChecks(replica.reads);
  let answer: () => Promise<BuildInfo> = () =>
    Promise.resolve({ version: '1', build: null, missing: [] });
  const upstream = {
    id: 'erp',
    lacks: new Set<never>(),
    platform: { name: 'erp' },
    config: { timeout: 5_000 },
    adapter: { ping: () => answer() },
  };
  const latest = async (): Promise<number> => {
    await sleep(20);
    return (await checks.latest(upstream, 1_000)).checkedAt ?? 0;
  };
  const first = (await checks.check(upstream)).checkedAt ?? 0;
  expect(await latest()).toBe(first);
  answer = () => Promise.reject(down);
  await sleep(20);
  const failed = await checks.check(upstream);
  expect(failed.problem?.code).toBe('upstream_unavailable');
  expect(failed.checkedAt).toBeGreaterThan(first);
  expect(await latest()).toBe(failed.checkedAt);
  expect(await latest()).toBe(failed.checkedAt);
});
