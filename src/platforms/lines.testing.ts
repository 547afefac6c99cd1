import type { LogLine } from '../domain/run.ts';

/** All lines of a log; null without one. */
export async function linesIn(
  pages: AsyncIterable<readonly LogLine[]> | null,
): Promise<LogLine[] | null> {
  if (pages === null) return null;
  const all: LogLine[] = [];
  for await (const lines of pages) all.push(...lines);
  return all;
}
