import { instantOf } from '../../src/runs/kept-run.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import type { Stage } from './gateway.ts';

/** As if the end of a run had been seen ten minutes ago. */
export async function endedLongAgo({ redis, prefix }: Stage, id: string): Promise<void> {
  const { records } = new RunStore(redis, prefix);
  const updatedAt = instantOf(Date.now() - 600_000);
  await records.change(id, ({ doc }) => ({ doc: { ...doc, updatedAt } }));
}
