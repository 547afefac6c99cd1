import { randomUUID } from 'node:crypto';
import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import type { Arena } from './arena.ts';
import type { ImportKind, Subject, Subjects } from './import-subjects.ts';
import { importUntilTold } from './imports.ts';

/** An import that was acknowledged. */
export interface Acknowledged {
  readonly subject: Subject;
  readonly id: string;
}

/** What became of a storm. */
export interface Storm {
  readonly acknowledged: readonly Acknowledged[];
  /** Acknowledged in a second in which Redis stood. */
  readonly perSecond: number;
}

const callersAtOnce = 16;
/** A caller whose import takes longer begins another one meanwhile, as many callers would. */
const impatientMs = 500;
const intervalMs = 120_000;

/** Imports as fast as they are accepted, while Redis is killed again and again, each time once so many more were. */
export async function storm(
  arena: Arena,
  subjects: Subjects,
  { kinds, kills, between }: { kinds: readonly ImportKind[]; kills: number; between: number },
): Promise<Storm> {
  // What waits is worked off all the while, behind those who bring more.
  setPriority(arena.worker.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const acknowledged: Acknowledged[] = [];
  const begun: Promise<unknown>[] = [];
  const over = new AbortController();
  const begin = async (turn: number): Promise<void> => {
    const kind = kinds[turn % kinds.length];
    if (kind === undefined) throw new Error('there is nothing to import');
    const subject = await subjects.make(kind);
    const told = importUntilTold(arena, subject, randomUUID()).then((id) => {
      acknowledged.push({ subject, id });
    });
    begun.push(told);
    await Promise.race([told, sleep(impatientMs)]);
  };
  const callers = Array.from({ length: callersAtOnce }, async (_, caller) => {
    for (let turn = caller; !over.signal.aborted; turn += callersAtOnce) await begin(turn);
  });
  let standingMs = 0;
  let whileStanding = 0;
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const before = acknowledged.length;
      const from = performance.now();
      await eventually(() => {
        if (acknowledged.length < before + between) throw new Error('nothing is accepted any more');
      }, intervalMs);
      standingMs += performance.now() - from;
      whileStanding += acknowledged.length - before;
      await arena.kill('redis');
    }
  } finally {
    over.abort();
    await Promise.allSettled(callers);
  }
  await Promise.all([...callers, ...begun]);
  return { acknowledged, perSecond: (whileStanding * 1_000) / standingMs };
}
