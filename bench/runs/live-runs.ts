import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import type { Budget } from '../../src/domain/budget.ts';
import { eventually } from '../../test/support/eventually.ts';
import { BenchStage } from './bench-stage.ts';
import { cpuMs, quantile, residentKib } from './process-cost.ts';

/** What a number of live runs costs on a platform. */
export interface LiveCase {
  readonly platform: string;
  readonly runs: number;
}

const minuteMs = 60_000;
/** Runs that are younger than 15 s are looked at more often; five seconds more pass before it is measured. */
const settleMs = 12_000;
const hourMs = 3_600_000;
/** Runs that end while it is measured: how soon is that known? */
const ending = 12;

/** Inputs that let the smoke test of a platform's sandbox last so long. */
const lasting: Readonly<Record<string, (ms: number) => object>> = {
  uipath: (ms) => ({ in_DurationMs: ms }),
  // Ten thousand that have to be found by their marks first would take ten minutes.
  odsl: (ms) => ({ durationMs: ms, named: true }),
  concord: (ms) => ({ seconds: ms / 1_000 }),
  frends: (ms) => ({ durationMs: String(ms) }),
};

/** What runs are started with: on Concord a flow that sleeps, on the others the smoke test. */
export function startOf(platform: string, ms: number): object {
  return { input: lasting[platform]?.(ms) ?? {} };
}

export const nameOf = (platform: string): string =>
  platform === 'concord' ? 'sleep' : 'Smoke test';

/** The calls that lists take, by method and path without what is searched for. */
const listCalls: Readonly<Record<string, RegExp>> = {
  uipath: /^GET \/\S*odata\/Jobs\?/,
  odsl: /^GET \/api\/process-exec\/v1\?/,
  concord: /^GET \/api\/v2\/process\?/,
  frends: /^GET \/api\/v1\/instances\/\d+\?/,
};

const several = 100;

async function startAll(stage: BenchStage, runs: number): Promise<void> {
  const process = await stage.process(nameOf(stage.platform));
  const body = startOf(stage.platform, hourMs);
  const atOnce = stage.platform === 'uipath' ? Math.min(several, runs) : 1;
  const options = atOnce > 1 ? { options: { jobsCount: atOnce } } : {};
  await pMap(
    Array.from({ length: runs / atOnce }),
    () => stage.start(process, { ...body, ...options }),
    { concurrency: 4 },
  );
  await eventually(async () => {
    const watched = await stage.watched();
    if (watched < runs) throw new Error(`${watched} of ${runs} runs have begun`);
  }, 600_000);
}

/** How long it takes until it is known that runs have ended, in ms. */
async function noticed(stage: BenchStage, ids: readonly string[]): Promise<number[]> {
  return pMap(ids, async (id) =>
    eventually(async () => {
      const run = await stage.run(id);
      if (!run.final || run.finishedAt === null) throw new Error(`${id} goes on`);
      return Date.parse(run.updatedAt) - Date.parse(run.finishedAt);
    }, 3 * minuteMs),
  );
}

/** A row of the table. */
export async function liveRuns({ platform, runs }: LiveCase, redisUrl: string): Promise<string[]> {
  const stage = await BenchStage.open(platform, redisUrl);
  try {
    if (runs > 0) await startAll(stage, runs);
    await sleep(settleMs);
    const process = await stage.process(nameOf(platform));
    const begin = (_: unknown, at: number): Promise<{ id: string }> =>
      stage.start(process, startOf(platform, 20_000 + at * 2_000));
    const ends = runs === 0 ? [] : await pMap(Array.from({ length: ending }), begin);
    await sleep(5_000);
    await stage.forgetRequests();
    const [worker, redis] = [cpuMs(stage.worker.pid), await redisCpuMs(stage)];
    await sleep(minuteMs);
    const cpu = cpuMs(stage.worker.pid) - worker;
    const ofRedis = (await redisCpuMs(stage)) - redis;
    const asked = await stage.requests();
    const lists = asked.filter((each) => listCalls[platform]?.test(each) === true).length;
    const after = await noticed(
      stage,
      ends.map(({ id }) => id),
    );
    return [
      platform,
      String(runs),
      (cpu / 1_000).toFixed(2),
      (ofRedis / 1_000).toFixed(2),
      String(lists),
      ...within(await stage.budget(), lists),
      String(asked.length - lists),
      runs === 0 ? '' : (quantile(after, 0.5) / 1_000).toFixed(1),
      runs === 0 ? '' : (Math.max(...after) / 1_000).toFixed(1),
      (residentKib(stage.worker.pid) / 1_024).toFixed(0),
      String(warnings(stage)),
    ];
  } finally {
    await stage.close();
  }
}

async function redisCpuMs({ redis }: BenchStage): Promise<number> {
  const info = await redis.info('cpu');
  const of = (name: string): number =>
    Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
  return (of('used_cpu_user') + of('used_cpu_sys')) * 1_000;
}

export const liveHead = [
  'platform',
  'live runs',
  'worker CPU s/min',
  'Redis CPU s/min',
  'list calls/min',
  'budget',
  'kept',
  'other calls/min',
  'end known after s (median)',
  '(max)',
  'worker MiB',
  'warnings',
];

/** What a minute's lists are held against, and whether they kept within it. */
function within(budget: Budget | null, lists: number): readonly string[] {
  if (budget === null) return ['none published', '-'];
  return [`${budget.limit}/min`, lists <= budget.limit ? 'yes' : 'NO'];
}

/** What the worker has complained of, from the first start on. */
function warnings({ worker }: BenchStage): number {
  return worker.logs().filter(({ level }) => level !== 'info').length;
}
