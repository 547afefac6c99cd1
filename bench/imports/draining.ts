import { Queue } from 'bullmq';
import pMap from 'p-map';
import { Pool } from 'undici';
import { importQueueOf } from '../../src/operations/operations.queue.ts';
import { eventually } from '../../test/support/eventually.ts';
import { bare } from '../peers.ts';
import { cpuMs } from '../runs/process-cost.ts';
import type { Bench, Measured } from './bench.ts';
import { type ImportsStage, openStage } from './imports-stage.ts';
import { against, interleaved, middle } from './rounds.ts';
import { sizes } from './sizes.ts';
import { sendImport } from './takers.ts';

const bareName = 'no-op worker';
const noOpQueue = 'bench-no-ops';
/** A no-op takes so little that CPU could not be read off fewer of them. */
const noOpsPerImport = 20;
const drainMs = 10 * 60_000;

/** Whoever works off a queue. */
interface Drainer {
  readonly name: string;
  readonly pid: number;
  readonly queue: Queue;
  readonly count: number;
  /** Lets so many wait. */
  readonly fill: () => Promise<void>;
  /** Throws unless all of them were done. */
  readonly check: () => Promise<void>;
}

interface Turn {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly redisMicros: number;
}

function queueOf({ redis, keep }: Bench, name: string, prefix: string): Queue {
  const connection = { url: redis.url, maxRetriesPerRequest: null };
  const queue = new Queue(name, { connection, prefix, skipVersionCheck: true });
  keep({ stop: () => queue.close() });
  return queue;
}

async function effectsIn({ upstream }: ImportsStage): Promise<number> {
  return ((await (await fetch(`${upstream}/_sandbox/ledger`)).json()) as unknown[]).length;
}

async function ownDrainer(bench: Bench): Promise<Drainer> {
  const stage = await openStage(bench, 'odsl');
  const { pid } = await stage.worker();
  const taker = { name: 'gateway', url: stage.url, pid: stage.gateway.pid, headers: () => ({}) };
  const count = sizes.imports;
  let effects = 0;
  return {
    name: 'worker',
    pid,
    queue: queueOf(bench, importQueueOf('odsl'), stage.queuePrefix),
    count,
    fill: async () => {
      effects = await effectsIn(stage);
      const pool = new Pool(stage.url, { connections: 16 });
      await pMap(Array.from({ length: count }), () => sendImport(pool, taker), { concurrency: 16 });
      await pool.close();
    },
    check: async () => {
      const made = (await effectsIn(stage)) - effects;
      if (made !== count) throw new Error(`${made} of ${count} imports were done`);
    },
  };
}

async function bareDrainer(bench: Bench): Promise<Drainer> {
  const { redis, keep } = bench;
  const worker = keep(await bare('queue-worker', { REDIS_URL: redis.url, QUEUE: noOpQueue }));
  const queue = queueOf(bench, noOpQueue, 'bench');
  await queue.setGlobalConcurrency(1);
  const count = sizes.imports * noOpsPerImport;
  return {
    name: bareName,
    pid: worker.pids[0] ?? 0,
    queue,
    count,
    fill: async () => {
      const opts = { removeOnComplete: true };
      await queue.addBulk(
        Array.from({ length: count }, (_, at) => ({ name: 'no-op', data: { at }, opts })),
      );
    },
    check: () => Promise.resolve(),
  };
}

/** Everything waits before the first is taken up. */
async function drained({ redis }: Bench, drainer: Drainer): Promise<Turn> {
  const { queue, pid, count, fill, check } = drainer;
  await queue.pause();
  await fill();
  const [begin, cpu, ofRedis] = [performance.now(), cpuMs(pid), cpuMs(redis.pid)];
  await queue.resume();
  await eventually(async () => {
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed');
    const left = Object.values(counts).reduce((sum, each) => sum + each, 0);
    if (left > 0) throw new Error(`${left} of ${count} wait in ${queue.name}`);
  }, drainMs);
  const turn = {
    perSecond: (count / (performance.now() - begin)) * 1_000,
    cpuMicros: ((cpuMs(pid) - cpu) / count) * 1_000,
    redisMicros: ((cpuMs(redis.pid) - ofRedis) / count) * 1_000,
  };
  await check();
  return turn;
}

/** Small imports worked off one at a time, against jobs that do nothing, worked off one at a time as well. */
export async function drain(bench: Bench): Promise<Measured> {
  const drainers = [await ownDrainer(bench), await bareDrainer(bench)];
  const turns = await interleaved(drainers, sizes.rounds, (drainer) => drained(bench, drainer));
  const peer = turns.get(bareName);
  return {
    head: ['draining', 'jobs/s', 'jobs/s ÷ no-op', 'CPU µs/job', 'CPU ÷ no-op', 'Redis CPU µs/job'],
    rows: [...turns].map(([name, own]) => [
      name,
      middle(own, ({ perSecond }) => perSecond).toFixed(0),
      against(own, peer, ({ perSecond }) => perSecond),
      middle(own, ({ cpuMicros }) => cpuMicros).toFixed(0),
      against(own, peer, ({ cpuMicros }) => cpuMicros),
      middle(own, ({ redisMicros }) => redisMicros).toFixed(0),
    ]),
  };
}
