import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../../src/domain/operation.ts';
import type { Arena, Victim } from './arena.ts';
import { type ImportPoint, importPoints } from './import-points.ts';
import { type ImportKind, importKinds, type Subject, type Subjects } from './import-subjects.ts';
import { endedImport, importUntilTold } from './imports.ts';

/** An import that something was killed at. */
export interface Hit {
  readonly subject: Subject;
  readonly point: string;
  readonly victim: Victim;
  /** What each of its callers was told. */
  readonly told: Promise<readonly string[]>;
  readonly ended: Promise<Operation>;
}

interface Moment {
  readonly point: ImportPoint;
  readonly victim: Victim;
}

/** When something was killed, in ms since 1970. */
export interface Kill {
  readonly victim: Victim;
  readonly from: number;
  readonly until: number;
}

/** A point that does not come, because an earlier kill has taken it away, is not waited for longer. */
const pointMs = 6_000;
/** Callers with one key, at once. */
const callers = 2;
const freeEveryMs = 100;
/** A point that an earlier kill has taken away is tried so often once nothing is on its way any more. */
const triesMore = 3;

const moments: readonly Moment[] = importPoints.flatMap((point) =>
  point.victims.map((victim) => ({ point, victim })),
);
const nameOf = ({ point, victim }: Moment): string => `${point.name}/${victim}`;
/** Those at which a worker has an import in its hands. */
const atWorker = moments.filter(({ victim }) => victim === 'worker');

/** Kills something at a named point of an import, again and again; who comes back goes on with what was begun. */
export class ImportRounds {
  readonly #arena: Arena;
  readonly #subjects: Subjects;
  readonly hits: Hit[] = [];
  readonly kills: Kill[] = [];
  /** Who was killed at which point; a kill that had to go without its point counts for none. */
  readonly reached = new Set<string>();
  /** Connections, and so ways to import, with one at whose points a worker was killed. */
  readonly reachedLanes = new Set<string>();
  /** Connections whose last import has not ended. */
  readonly #busy = new Set<string>();

  constructor(arena: Arena, subjects: Subjects) {
    this.#arena = arena;
    this.#subjects = subjects;
  }

  /** What `reached` has after so many rounds. */
  static points(count: number): string[] {
    return moments.slice(0, count).map(nameOf);
  }

  /** What `reachedLanes` has after so many rounds. */
  static lanes(count: number): string[] {
    return importKinds.slice(0, count).map(({ lane }) => lane);
  }

  async run(count: number): Promise<void> {
    for (let round = 0; round < count; round += 1) {
      const moment = moments[round % moments.length];
      const turn = Math.floor(round / moments.length) + round;
      if (moment !== undefined) await this.#round(moment, await this.#freeKind(turn));
    }
    for (let again = 0; again < triesMore; again += 1) await this.#makeUp(count, again);
  }

  /** What earlier kills have taken away comes once nothing is on its way any more. */
  async #makeUp(count: number, turn: number): Promise<void> {
    for (const moment of moments.slice(0, count)) {
      if (this.reached.has(nameOf(moment))) continue;
      await this.#allEnded();
      await this.#round(moment, await this.#freeKind(turn));
    }
    for (const [at, kind] of importKinds.slice(0, count).entries()) {
      const moment = atWorker[(at + turn) % atWorker.length];
      if (this.reachedLanes.has(kind.lane) || moment === undefined) continue;
      await this.#allEnded();
      await this.#round(moment, kind);
    }
  }

  async #round({ point, victim }: Moment, kind: ImportKind): Promise<void> {
    const subject = await this.#subjects.make(kind);
    const over = new AbortController();
    const killed = new Promise((resolve) => {
      over.signal.addEventListener('abort', resolve);
    });
    const reached = point.reached(this.#arena, subject, over.signal);
    this.#begin(subject, { point: point.name, victim }, point.isHeld ? killed : null);
    if (await Promise.race([reached.then(() => true), sleep(pointMs, false)])) {
      this.reached.add(nameOf({ point, victim }));
      if (victim === 'worker') this.reachedLanes.add(kind.lane);
    }
    const from = Date.now();
    await this.#arena.kill(victim);
    this.kills.push({ victim, from, until: Date.now() });
    over.abort();
    this.#arena.forget();
  }

  /** Whatever went wrong is told by who awaits each. */
  async #allEnded(): Promise<void> {
    await Promise.allSettled(this.hits.map(({ ended }) => ended));
  }

  /** The way whose turn it is, or the next one on whose connection nothing waits. */
  async #freeKind(turn: number): Promise<ImportKind> {
    for (;;) {
      const order = importKinds.map((_, at) => importKinds[(turn + at) % importKinds.length]);
      const kind = order.find((each) => each !== undefined && !this.#busy.has(each.lane));
      if (kind !== undefined) return kind;
      await sleep(freeEveryMs);
    }
  }

  #begin(
    subject: Subject,
    at: { readonly point: string; readonly victim: Victim },
    held: Promise<unknown> | null,
  ): void {
    const key = randomUUID();
    const told = Promise.all(
      Array.from({ length: callers }, () => importUntilTold(this.#arena, subject, key, held)),
    );
    const ended = told.then(([id = '']) => endedImport(this.#arena, id));
    this.#busy.add(subject.lane);
    const free = (): void => {
      this.#busy.delete(subject.lane);
    };
    // Whatever went wrong is told by who awaits it.
    ended.then(free, free);
    this.hits.push({ subject, ...at, told, ended });
  }
}
