import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../../src/domain/operation.ts';
import type { LedgerEntry } from '../../src/ledger/record.ts';
import { type Exchange, watchers } from '../../src/sandbox/kit/sandbox.ts';
import { eventually } from '../support/eventually.ts';
import type { Program } from '../support/program.ts';
import type { Arena } from './arena.ts';
import { brings, importsAt, sendingOf } from './import-points.ts';
import type { ImportKind, Subject, Subjects } from './import-subjects.ts';
import { endedImport, entryOf, importUntilTold } from './imports.ts';

/** An import whose worker stands still: it has written down that it sends it, and nothing has left. */
export interface Stopped {
  readonly subject: Subject;
  readonly id: string;
  readonly worker: Program;
  /** Where its write stood then. */
  readonly entry: LedgerEntry;
  /** How many requests have brought it, or a part of it, to its platform since. */
  readonly requests: () => number;
}

/** What an import came to whose worker stood still. */
export interface Woken extends Stopped {
  readonly operation: Operation;
  /** How often it was written down that it is sent: whatever the first one does counts for the first of them. */
  readonly tries: number;
}

const attempts = 10;
const sendingMs = 20_000;
/** What had left when a worker was stopped has arrived by then, in ms. */
const arrivalMs = 500;
/** The lock of a job, two looks for stalled ones, and the start of a worker on a busy machine, in ms. */
const takenOverMs = 90_000;

/** Stops the worker right after it has stored that it sends; a request that was faster is let go, and another one tried. */
export async function stopInSending(
  arena: Arena,
  subjects: Subjects,
  kind: ImportKind,
): Promise<Stopped> {
  const { worker } = arena;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const subject = await subjects.make(kind);
    const requests = counted(arena, subject);
    const before = importsAt(arena, kind.platform);
    const sending = arena.command(sendingOf(subject));
    const told = importUntilTold(arena, subject, randomUUID());
    await Promise.race([sending, sleep(sendingMs)]);
    worker.signal('SIGSTOP');
    await sleep(arrivalMs);
    const id = await told;
    const entry = await entryOf(arena, id);
    if (entry.state === 'sending' && importsAt(arena, kind.platform) === before)
      return { subject, id, worker, entry, requests };
    worker.signal('SIGCONT');
    await eventually(async () => {
      if ((await entryOf(arena, id)).state !== 'confirmed') throw new Error(`${id} does not end`);
    }, takenOverMs);
  }
  throw new Error(`no worker could be stopped before its request had left for ${kind.platform}`);
}

/**
 * Lets another worker take over what those that stand still were about to send, wakes them then, and lets them end, each of
 * which waits for what it is sending: after that nothing more comes of them.
 */
export async function wakened(arena: Arena, stops: readonly Stopped[]): Promise<readonly Woken[]> {
  await arena.addWorker();
  return Promise.all(
    stops.map(async (stopped) => {
      const { id, worker } = stopped;
      await takenOver(arena, id);
      worker.signal('SIGCONT');
      const operation = await endedImport(arena, id);
      await worker.stop();
      const { tries } = await entryOf(arena, id);
      return { ...stopped, operation, tries };
    }),
  );
}

/** When another worker goes on with an import: it has its job, whose lock was over. */
async function takenOver(arena: Arena, id: string): Promise<void> {
  await eventually(async () => {
    const { state, tries } = await entryOf(arena, id);
    if (state === 'sending' && tries === 1) throw new Error(`nobody takes over ${id}`);
  }, takenOverMs);
}

/** Counts from now on what brings an import to the sandbox of this arena. */
function counted({ stage }: Arena, subject: Subject): () => number {
  const { host } = new URL(stage.sandbox(subject.platform).url);
  let count = 0;
  watchers.add((_name: string, exchange: Exchange) => {
    if (exchange.requestHeaders['host'] === host && brings(exchange, subject)) count += 1;
  });
  return () => count;
}
