import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import type { Arena } from './arena.ts';
import { importsAt, sendingOf } from './import-points.ts';
import type { ImportKind, Subject, Subjects } from './import-subjects.ts';
import { entryOf, importUntilTold } from './imports.ts';

/** An import whose worker stands still: it has written down that it sends it, and nothing has left. */
export interface Stopped {
  readonly subject: Subject;
  readonly id: string;
}

const tries = 10;
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
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const subject = await subjects.make(kind);
    const before = importsAt(arena, kind.platform);
    const sending = arena.command(sendingOf(subject));
    const told = importUntilTold(arena, subject, randomUUID());
    await Promise.race([sending, sleep(sendingMs)]);
    arena.worker.signal('SIGSTOP');
    await sleep(arrivalMs);
    const id = await told;
    const { state } = await entryOf(arena, id);
    if (state === 'sending' && importsAt(arena, kind.platform) === before) return { subject, id };
    arena.worker.signal('SIGCONT');
    await eventually(async () => {
      if ((await entryOf(arena, id)).state !== 'confirmed') throw new Error(`${id} does not end`);
    }, takenOverMs);
  }
  throw new Error('no worker could be stopped before its request had left');
}

/** How many imports had reached the platform when the worker was woken, and when it had found out that it must not send. */
export interface Wakening {
  readonly before: number;
  readonly after: number;
}

/** Lets another worker take over what one that stands still was about to send, and wakes that one then. */
export async function wakened(arena: Arena, { id, subject }: Stopped): Promise<Wakening> {
  await arena.addWorker();
  await takenOver(arena, id);
  const before = importsAt(arena, subject.platform);
  const { worker } = arena;
  worker.signal('SIGCONT');
  await worker.until(new RegExp(`"id":"${id}".*"msg":"Nothing was sent; it is tried again"`));
  return { before, after: importsAt(arena, subject.platform) };
}

/** When another worker has looked for what became of an import: it has its job, whose lock was over. */
async function takenOver(arena: Arena, id: string): Promise<void> {
  await eventually(async () => {
    const { looks } = await entryOf(arena, id);
    if (looks === 0) throw new Error(`nobody takes over ${id}`);
  }, takenOverMs);
}
