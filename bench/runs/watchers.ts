import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchStage } from './bench-stage.ts';
import { nameOf, startOf } from './live-runs.ts';
import { cpuMs, quantile, residentKib } from './process-cost.ts';

const runs = 20;
const watchersOfEach = 50;
const warmUps = 100;
/** Before the runs begin everybody watches them, in ms. */
const scheduleMs = 30_000;

export const watchersHead = [
  'watchers',
  'runs',
  'events',
  'lag ms (median)',
  '(p99)',
  '(max)',
  'KiB per watcher',
  'gateway CPU ms for all',
];

/** An event of a run, and when it came. */
interface Arrival {
  readonly run: string;
  readonly revision: number;
  readonly at: number;
}

/** Watches a run; resolves with its end once it watches, and tells what comes. */
function watch(
  stage: BenchStage,
  run: string,
  agent: Agent,
  arrivals: Arrival[],
): Promise<{ readonly ended: Promise<void> }> {
  const url = `${stage.url}/v1/runs/${encodeURIComponent(run)}/events`;
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: { accept: 'text/event-stream' } }, (answer) => {
      if (answer.statusCode !== 200)
        throw new Error(`a watcher was answered ${answer.statusCode ?? 0}`);
      resolve({ ended: once(answer, 'end').then(() => undefined) });
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => {
        const at = Date.now();
        text += piece;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const revision = Number(/^id: (\d+)\nevent: run\n/.exec(block)?.[1]);
          if (!Number.isNaN(revision)) arrivals.push({ run, revision, at });
        }
      });
    });
    request.on('error', reject);
  });
}

/** A thousand watch twenty runs: how much later than Redis was told they hear of a change, and what each of them takes. */
export async function watchers(redisUrl: string): Promise<string[][]> {
  const stage = await BenchStage.open('uipath', redisUrl);
  const subscriber = stage.redis.duplicate();
  try {
    const told = new Map<string, number[]>();
    subscriber.on('message', (_channel: string, id: string) => {
      told.set(id, [...(told.get(id) ?? []), Date.now()]);
    });
    await subscriber.subscribe(`${stage.prefix}:run:changes`);
    const process = await stage.process(nameOf('uipath'));
    const at = new Date(Date.now() + scheduleMs).toISOString();
    const body = { ...startOf('uipath', 12_000), scheduleAt: at };
    const started = await Promise.all(
      Array.from({ length: runs }, () => stage.start(process, body)),
    );
    for (let n = 0; n < warmUps; n += 1) await stage.run(started[n % runs]?.id ?? '');
    const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
    const before = residentKib(stage.gateway.pid);
    const arrivals: Arrival[] = [];
    const all = await Promise.all(
      started.flatMap(({ id }) =>
        Array.from({ length: watchersOfEach }, () => watch(stage, id, agent, arrivals)),
      ),
    );
    await sleep(2_000);
    const each = (residentKib(stage.gateway.pid) - before) / all.length;
    const opened = arrivals.length;
    const cpu = cpuMs(stage.gateway.pid);
    await Promise.all(all.map(({ ended }) => ended));
    const news = arrivals.slice(opened);
    const lags = news.map(({ run, revision, at: came }) => {
      const when = told.get(run)?.[revision - 1];
      if (when === undefined) throw new Error(`nobody told of revision ${revision} of ${run}`);
      return came - when;
    });
    return [
      [
        String(all.length),
        String(runs),
        String(news.length),
        quantile(lags, 0.5).toFixed(0),
        quantile(lags, 0.99).toFixed(0),
        Math.max(...lags).toFixed(0),
        each.toFixed(1),
        (cpuMs(stage.gateway.pid) - cpu).toFixed(0),
      ],
    ];
  } finally {
    subscriber.disconnect();
    await stage.close();
  }
}
