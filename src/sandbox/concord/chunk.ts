/** A piece of a log: the server keeps it as it was written and gives it only whole. */
export interface Chunk {
  readonly atMs: number;
  readonly bytes: Buffer;
  /** The step that wrote it; null for server and agent. */
  readonly task: number | null;
  readonly failed: boolean;
}

/** A line of a log as a chunk of its own. */
export function chunk(atMs: number, level: string, text: string, task: number | null): Chunk {
  const stamp = new Date(atMs).toISOString().replace('Z', '+0000');
  const line = `${stamp} [${level.padEnd(5)}] ${text}\n`;
  return { atMs, bytes: Buffer.from(line), task, failed: level === 'ERROR' };
}
