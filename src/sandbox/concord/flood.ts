import { type Chunk, chunk } from './chunk.ts';
import type { Course } from './run.ts';
import type { Run } from './state.ts';

/** An agent sends what a run has written whenever its buffer is full, in bytes, whatever character it cuts. */
const bufferBytes = 65_536;

/**
 * A run whose argument `logBytes` is a number writes about so many bytes more, whatever its flow: one line over and over,
 * which says `logText`, in the longest time that its first act is silent, so that nothing else comes between.
 */
export function floodChunks({ arguments: given }: Run, { acts: [first] }: Course): Chunk[] {
  const { logBytes, logText } = given;
  if (first === undefined || typeof logBytes !== 'number') return [];
  const text = typeof logText === 'string' ? logText : 'x'.repeat(bufferBytes);
  const line = chunk(first.startMs, 'INFO', text, null).bytes;
  // Every buffer begins somewhere in the line: all of them are views of this one, because a log may have 200 MB.
  const lines = Buffer.alloc(line.length + bufferBytes, line);
  const size = Math.ceil(logBytes / line.length) * line.length;
  const count = Math.ceil(size / bufferBytes);
  const { fromMs, untilMs } = silenceOf(first);
  return Array.from({ length: count }, (_, index) => {
    const begin = (index * bufferBytes) % line.length;
    return {
      atMs: fromMs + ((index + 1) * (untilMs - fromMs)) / (count + 1),
      bytes: lines.subarray(begin, begin + Math.min(bufferBytes, size - index * bufferBytes)),
      task: null,
      failed: false,
    };
  });
}

function silenceOf({ act, startMs, endMs }: Course['acts'][number]): {
  readonly fromMs: number;
  readonly untilMs: number;
} {
  const moments = [startMs, ...act.lines.map(({ afterMs }) => startMs + afterMs), endMs];
  const silences = moments.slice(1).map((untilMs, index) => ({
    fromMs: moments[index] ?? startMs,
    untilMs: Math.min(untilMs, endMs),
  }));
  return silences.reduce((longest, each) =>
    each.untilMs - each.fromMs > longest.untilMs - longest.fromMs ? each : longest,
  );
}
