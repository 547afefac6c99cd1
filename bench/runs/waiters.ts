import { setTimeout as sleep } from 'node:timers/promises';
import { BenchStage } from './bench-stage.ts';
import { nameOf, startOf } from './live-runs.ts';
import { quantile } from './process-cost.ts';

const runs = 50;
/** Spans of time in which the runs of a row end, in ms after their start. */
const spans = [
  [2_000, 12_000],
  [20_000, 40_000],
] as const;

export const waitersHead = [
  'runs that last',
  'end to answer s (median)',
  '(p99)',
  'of it: end to known s (median)',
  'known to answered ms (median)',
  '(p99)',
];

/** From the upstream's end of runs to the answers of those who wait, for runs that end early and late. */
export async function waiters(redisUrl: string): Promise<string[][]> {
  const stage = await BenchStage.open('uipath', redisUrl);
  const rows: string[][] = [];
  try {
    const process = await stage.process(nameOf('uipath'));
    for (const [from, until] of spans) {
      const all = Array.from({ length: runs }, async (_, at) => {
        await sleep(at * 50);
        const body = startOf('uipath', Math.round(from + ((until - from) * at) / runs));
        const run = await stage.start(process, body, { prefer: 'wait=60' });
        const answered = Date.now();
        if (!run.final || run.finishedAt === null) throw new Error(`${run.id} has not ended`);
        const [ended, known] = [Date.parse(run.finishedAt), Date.parse(run.updatedAt)];
        return { whole: answered - ended, known: known - ended, answer: answered - known };
      });
      const times = await Promise.all(all);
      const seconds = (values: number[], share: number): string =>
        (quantile(values, share) / 1_000).toFixed(2);
      const answers = times.map(({ answer }) => answer);
      rows.push([
        `${from / 1_000} to ${until / 1_000} s`,
        seconds(
          times.map(({ whole }) => whole),
          0.5,
        ),
        seconds(
          times.map(({ whole }) => whole),
          0.99,
        ),
        seconds(
          times.map(({ known }) => known),
          0.5,
        ),
        quantile(answers, 0.5).toFixed(0),
        quantile(answers, 0.99).toFixed(0),
      ]);
    }
    return rows;
  } finally {
    await stage.close();
  }
}
