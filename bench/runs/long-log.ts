import { request } from 'undici';
import { bare } from '../peers.ts';
import { eventually } from '../../test/support/eventually.ts';
import { BenchStage } from './bench-stage.ts';
import { cpuMs, forgetPeak, peakKib, quantile, residentKib } from './process-cost.ts';

const bytes = 200 * 1_000_000;
const rounds = 5;

export const logHead = [
  'who',
  'MB',
  'CPU ms/MB (median)',
  'MB/s (median)',
  'gateway ÷ who',
  'idle MiB',
  'peak MiB',
];

/** Whoever gives the log. */
interface Giver {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
}

/** One reading of it. */
interface Reading {
  readonly megabytes: number;
  readonly cpu: number;
  readonly seconds: number;
  readonly idle: number;
  readonly peak: number;
}

async function read({ url, pid }: Giver): Promise<Reading> {
  forgetPeak(pid);
  const idle = residentKib(pid) / 1_024;
  const [cpu, begin] = [cpuMs(pid), performance.now()];
  const { statusCode, body } = await request(url);
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) size += piece.length;
  const megabytes = size / 1_000_000;
  return {
    megabytes,
    cpu: (cpuMs(pid) - cpu) / megabytes,
    seconds: (performance.now() - begin) / 1_000,
    idle,
    peak: peakKib(pid) / 1_024,
  };
}

/** A long log of Concord through the gateway and through a bare proxy, turn by turn. */
export async function longLog(redisUrl: string): Promise<string[][]> {
  const stage = await BenchStage.open('concord', redisUrl);
  try {
    const process = await stage.process();
    const { id } = await stage.start(process, { input: { logBytes: bytes } });
    const { nativeId } = await eventually(async () => {
      const run = await stage.run(id);
      if (!run.final) throw new Error(`${id} goes on`);
      return run;
    }, 60_000);
    const log = `${stage.upstream}/api/v1/process/${nativeId ?? ''}/log`;
    const proxy = await bare('proxy', { UPSTREAM: log, AUTHORIZATION: 'sandbox-secret' });
    const own = `${stage.url}/v1/runs/${encodeURIComponent(id)}/log`;
    const givers: Giver[] = [
      { name: 'gateway', url: own, pid: stage.gateway.pid },
      { name: 'bare undici proxy', url: `${proxy.url}log`, pid: proxy.pids[0] ?? 0 },
    ];
    const readings = new Map<string, Reading[]>(givers.map(({ name }) => [name, []]));
    for (let round = 0; round <= rounds; round += 1) {
      for (const giver of givers) {
        const reading = await read(giver);
        // The first one warms up.
        if (round > 0) readings.get(giver.name)?.push(reading);
      }
    }
    await proxy.stop();
    return rowsOf(readings);
  } finally {
    await stage.close();
  }
}

function rowsOf(readings: ReadonlyMap<string, readonly Reading[]>): string[][] {
  const gateway = readings.get('gateway') ?? [];
  return [...readings].map(([name, own]) => {
    const against = own.map(({ cpu }, round) => (gateway[round]?.cpu ?? 0) / cpu);
    const middle = (of: (reading: Reading) => number): number => quantile(own.map(of), 0.5);
    return [
      name,
      middle(({ megabytes }) => megabytes).toFixed(0),
      middle(({ cpu }) => cpu).toFixed(2),
      middle(({ megabytes, seconds }) => megabytes / seconds).toFixed(0),
      name === 'gateway'
        ? ''
        : `${quantile(against, 0.5).toFixed(2)} (${Math.min(...against).toFixed(2)}–${Math.max(...against).toFixed(2)})`,
      Math.min(...own.map(({ idle }) => idle)).toFixed(0),
      Math.max(...own.map(({ peak }) => peak)).toFixed(0),
    ];
  });
}
