import { readFileSync } from 'node:fs';
import { Pool } from 'undici';

/** A server under measure: where it answers, and whose CPU counts. */
export interface Contestant {
  readonly name: string;
  readonly url: string;
  /** Every process that works for an answer; of nginx the workers. */
  readonly pids: readonly number[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a contestant needed in one turn. */
export interface Turn {
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly medianMs: number;
}

const ticksPerSecond = 100;

/** User and system time of a process since it began, in µs (proc(5), fields 14 and 15). */
function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1_000_000;
}

/** Sends requests over `connections` connections for `ms`, one at a time on each. */
export async function load(
  { url, headers = {} }: Contestant,
  connections: number,
  ms: number,
  expected: readonly number[],
): Promise<{ readonly requests: number; readonly latencies: readonly number[] }> {
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const until = performance.now() + ms;
  const latencies: number[] = [];
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      const begin = performance.now();
      const { statusCode, body } = await pool.request({
        path: pathname + search,
        method: 'GET',
        headers,
      });
      await body.dump({ limit: 64 * 1_024 ** 2 });
      if (!expected.includes(statusCode)) throw new Error(`${url} answered ${statusCode}`);
      latencies.push(performance.now() - begin);
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  await pool.close();
  return { requests: latencies.length, latencies };
}

/** One turn of a contestant. */
async function turn(
  contestant: Contestant,
  {
    connections,
    ms,
    expected = [200],
  }: { connections: number; ms: number; expected?: readonly number[] },
): Promise<Turn> {
  const cpu = (): number => contestant.pids.reduce((sum, pid) => sum + cpuMicros(pid), 0);
  const before = cpu();
  const { requests, latencies } = await load(contestant, connections, ms, expected);
  return {
    cpuMicrosPerRequest: (cpu() - before) / requests,
    requestsPerSecond: (requests / ms) * 1_000,
    medianMs: median(latencies),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Turns of all contestants in rounds, one after the other, so that whatever else the machine does meets all of them. */
export async function rounds(
  contestants: readonly Contestant[],
  options: { rounds: number; connections: number; ms: number; expected?: readonly number[] },
): Promise<ReadonlyMap<string, readonly Turn[]>> {
  const turns = new Map<string, Turn[]>(contestants.map(({ name }) => [name, []]));
  for (const contestant of contestants) await turn(contestant, { ...options, ms: options.ms / 2 });
  for (let round = 0; round < options.rounds; round += 1) {
    for (const contestant of contestants)
      turns.get(contestant.name)?.push(await turn(contestant, options));
  }
  return turns;
}

/** Rows of a table: each contestant against the first, round by round, the median of the ratios. */
export function ratios(title: string, turns: ReadonlyMap<string, readonly Turn[]>): string[][] {
  const [first] = turns.keys();
  const base = turns.get(first ?? '') ?? [];
  return [...turns].map(([name, own]) => {
    const against = own.map(
      (each, round) => (base[round]?.cpuMicrosPerRequest ?? 0) / each.cpuMicrosPerRequest,
    );
    return [
      title,
      name,
      median(own.map((each) => each.cpuMicrosPerRequest)).toFixed(0),
      median(own.map((each) => each.requestsPerSecond)).toFixed(0),
      median(own.map((each) => each.medianMs)).toFixed(2),
      name === first
        ? ''
        : `${median(against).toFixed(2)} (${Math.min(...against).toFixed(2)}–${Math.max(...against).toFixed(2)})`,
    ];
  });
}

/** Prints rows under a head, columns aligned. */
export function print(rows: readonly (readonly string[])[]): void {
  const head = ['case', 'who', 'CPU µs/request', 'requests/s', 'median ms', 'gateway ÷ who'];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  for (const row of all) {
    process.stdout.write(
      `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`,
    );
  }
}
