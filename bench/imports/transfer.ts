import { cpuMs, forgetPeak, peakKib, residentKib } from '../runs/process-cost.ts';
import { against, middle } from './rounds.ts';

/** What it cost a process to move bytes. */
export interface Transfer {
  readonly megabytes: number;
  readonly seconds: number;
  /** Of CPU. */
  readonly msPerMegabyte: number;
  /** Resident memory before, in MiB. */
  readonly idle: number;
  /** The most that was resident meanwhile, in MiB. */
  readonly peak: number;
}

/** What `move`, which gives how many bytes it has moved, cost a process. */
export async function transferred(pid: number, move: () => Promise<number>): Promise<Transfer> {
  forgetPeak(pid);
  const idle = residentKib(pid) / 1_024;
  const [begin, cpu] = [performance.now(), cpuMs(pid)];
  const megabytes = (await move()) / 1_000_000;
  return {
    megabytes,
    seconds: (performance.now() - begin) / 1_000,
    msPerMegabyte: (cpuMs(pid) - cpu) / megabytes,
    idle,
    peak: peakKib(pid) / 1_024,
  };
}

export const transferHead = [
  'MB',
  'MB/s',
  'MB/s ÷ bare',
  'CPU ms/MB',
  'CPU ÷ bare',
  'idle MiB (least)',
  'peak MiB (most)',
  'growth MiB (most)',
] as const;

/** The cells of a row, against those of a peer. */
export function transferCells(
  own: readonly Transfer[],
  peer: readonly Transfer[] | undefined,
): readonly string[] {
  const speed = ({ megabytes, seconds }: Transfer): number => megabytes / seconds;
  const cost = ({ msPerMegabyte }: Transfer): number => msPerMegabyte;
  return [
    middle(own, ({ megabytes }) => megabytes).toFixed(0),
    middle(own, speed).toFixed(0),
    against(own, peer, speed),
    middle(own, cost).toFixed(2),
    against(own, peer, cost),
    Math.min(...own.map(({ idle }) => idle)).toFixed(0),
    Math.max(...own.map(({ peak }) => peak)).toFixed(0),
    Math.max(...own.map(({ idle, peak }) => peak - idle)).toFixed(1),
  ];
}
