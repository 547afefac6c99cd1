import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { cpuMs, quantile } from '../runs/process-cost.ts';
import type { Bench, Measured } from './bench.ts';
import { against, interleaved, middle } from './rounds.ts';
import { sizes } from './sizes.ts';
import { bareAdd, barePromises, openTakers, sendImport, type Taker } from './takers.ts';

const connections = 16;
/** At a rate nobody waits for a free connection. */
const pacedConnections = 128;

/** What a taker needed in one turn. */
interface Turn {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly redisMicros: number;
  readonly latencies: readonly number[];
}

/** What `send` needed, which gives how long each import took, in ms. */
async function measured(
  { redis }: Bench,
  { pid }: Taker,
  send: () => Promise<readonly number[]>,
): Promise<Turn> {
  const [begin, cpu, ofRedis] = [performance.now(), cpuMs(pid), cpuMs(redis.pid)];
  const latencies = await send();
  const count = latencies.length;
  return {
    perSecond: (count / (performance.now() - begin)) * 1_000,
    cpuMicros: ((cpuMs(pid) - cpu) / count) * 1_000,
    redisMicros: ((cpuMs(redis.pid) - ofRedis) / count) * 1_000,
    latencies,
  };
}

/** As many as are taken, one at a time on each connection. */
async function full(taker: Taker): Promise<readonly number[]> {
  const pool = new Pool(taker.url, { connections });
  const until = performance.now() + sizes.fullSeconds * 1_000;
  const latencies: number[] = [];
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      const begin = performance.now();
      await sendImport(pool, taker);
      latencies.push(performance.now() - begin);
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  await pool.close();
  return latencies;
}

/** So many a second, whatever becomes of those before; how long one takes counts from when it was due. */
async function paced(taker: Taker): Promise<readonly number[]> {
  const pool = new Pool(taker.url, { connections: pacedConnections });
  const begin = performance.now();
  const one = async (_: unknown, at: number): Promise<number> => {
    const due = begin + (at * 1_000) / sizes.rate;
    await sleep(Math.ceil(due - performance.now()));
    await sendImport(pool, taker);
    return performance.now() - due;
  };
  const count = Math.round(sizes.rate * sizes.pacedSeconds);
  const latencies = await Promise.all(Array.from({ length: count }, one));
  await pool.close();
  return latencies;
}

/** Small imports taken in durably, as fast as they are. */
export async function accept(bench: Bench): Promise<Measured> {
  const takers = await openTakers(bench);
  const turns = await interleaved(takers, sizes.rounds, (taker) =>
    measured(bench, taker, () => full(taker)),
  );
  const peer = turns.get(bareAdd);
  const promising = turns.get(barePromises);
  return {
    head: [
      'accepting',
      'imports/s',
      'imports/s ÷ bare',
      '÷ bare with file',
      'CPU µs/import',
      'CPU ÷ bare',
      '÷ bare with file',
      'Redis CPU µs/import',
      'median ms',
      'p99 ms',
    ],
    rows: [...turns].map(([name, own]) => [
      name,
      middle(own, ({ perSecond }) => perSecond).toFixed(0),
      against(own, peer, ({ perSecond }) => perSecond),
      against(own, promising, ({ perSecond }) => perSecond),
      middle(own, ({ cpuMicros }) => cpuMicros).toFixed(0),
      against(own, peer, ({ cpuMicros }) => cpuMicros),
      against(own, promising, ({ cpuMicros }) => cpuMicros),
      middle(own, ({ redisMicros }) => redisMicros).toFixed(0),
      ...latenciesOf(own),
    ]),
  };
}

/** How long acceptance takes at a rate that leaves time for it. */
export async function pace(bench: Bench): Promise<Measured> {
  const takers = await openTakers(bench);
  const turns = await interleaved(takers, sizes.rounds, (taker) =>
    measured(bench, taker, () => paced(taker)),
  );
  const peer = turns.get(bareAdd);
  return {
    head: [
      `accepting ${sizes.rate}/s`,
      'imports',
      'median ms',
      'p99 ms',
      'max ms',
      'p99 ÷ bare',
      'CPU µs/import',
    ],
    rows: [...turns].map(([name, own]) => [
      name,
      String(all(own).length),
      ...latenciesOf(own),
      Math.max(...all(own)).toFixed(1),
      against(own, peer, ({ latencies }) => quantile(latencies, 0.99)),
      middle(own, ({ cpuMicros }) => cpuMicros).toFixed(0),
    ]),
  };
}

function all(turns: readonly Turn[]): readonly number[] {
  return turns.flatMap(({ latencies }) => latencies);
}

/** Median and p99 of all turns. */
function latenciesOf(turns: readonly Turn[]): readonly string[] {
  const latencies = all(turns);
  return [quantile(latencies, 0.5).toFixed(1), quantile(latencies, 0.99).toFixed(1)];
}
