import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Queue } from 'bullmq';
import { pino } from 'pino';
import { Secret } from '../../src/config/secret.ts';
import { ConnectionChecks } from '../../src/connections/connection-checks.ts';
import { ConnectionChecksProcessor } from '../../src/connections/connection-checks.processor.ts';
import { connectionChecksQueue } from '../../src/connections/connection-checks.queue.ts';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import { QueueConnections } from '../../src/redis/queue-connections.ts';
import { erpWith } from '../support/erp.ts';
import { eventually } from '../support/eventually.ts';
import { Replicas } from '../support/replicas.ts';

jest.setTimeout(60_000);

const replicas = new Replicas();
let queue: Queue;
let queues: QueueConnections;
let processor: ConnectionChecksProcessor;

beforeEach(async () => {
  const { prefix } = replicas;
  const url = new Secret(() => replicas.redis.url);
  queues = new QueueConnections({ redis: { url, prefix, requireDurable: false, minReplicas: 0 } });
  queue = new Queue(connectionChecksQueue, queues.options());
  processor = new ConnectionChecksProcessor(
    new ConnectionRegistry([erpWith({})]),
    new ConnectionChecks((await replicas.open([])).reads),
    queues,
    pino({ enabled: false }),
  );
});
afterEach(async () => {
  await processor.onApplicationShutdown();
  await queue.obliterate({ force: true });
  await queue.close();
});

/** Plans the checks of a connection that the worker of the test does not know. */
const planOf = (connection: string, everyMs: number): Promise<unknown> =>
  queue.upsertJobScheduler(
    `check.${connection}`,
    { every: everyMs },
    { name: 'check', data: { connection } },
  );

async function planned(): Promise<string[]> {
  return (await queue.getJobSchedulers()).map(({ key }) => key).sort();
}

it('ends the checks of connections that are gone when it starts', async () => {
  await planOf('gone', 60_000);
  await processor.onApplicationBootstrap();
  expect(await planned()).toEqual(['check.erp']);
});

it('leaves the checks of connections alone that a worker of a newer configuration has planned', async () => {
  await processor.onApplicationBootstrap();
  await planOf('new', 100);
  await eventually(async () => {
    const done = await queue.getCompleted();
    const its = done.filter(({ data }) => (data as { connection: string }).connection === 'new');
    expect(its.length).toBeGreaterThan(2);
  });
  expect(await planned()).toEqual(['check.erp', 'check.new']);
});

it('checks again after a Redis has lost what was planned', async () => {
  await processor.onApplicationBootstrap();
  await eventually(async () => {
    expect(await queue.getCompletedCount()).toBe(1);
  });
  await replicas.redis.client.del(
    ...(await replicas.redis.client.keys(`*${replicas.prefix}.queues*`)),
  );
  expect(await planned()).toEqual([]);
  await eventually(async () => {
    expect(await planned()).toEqual(['check.erp']);
    expect(await queue.getCompletedCount()).toBe(1);
  }, 40_000);
});
