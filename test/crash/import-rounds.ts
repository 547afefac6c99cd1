import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../../src/domain/operation.ts';
import type { Arena, Victim } from './arena.ts';
import { type ImportPoint, importPoints } from './import-points.ts';
import { importKinds, type Subject, type Subjects } from './import-subjects.ts';
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

const moments = importPoints.flatMap((point) => point.victims.map((victim) => ({ point, victim })));

/** Kills something at a named point of an import, again and again; who comes back goes on with what was begun. */
export class ImportRounds {
  readonly #arena: Arena;
  readonly #subjects: Subjects;
  readonly hits: Hit[] = [];
  readonly kills: Kill[] = [];
  /** Points that something was killed at; a kill that had to go without its point counts for none. */
  readonly reached = new Set<string>();
  /** Connections whose last import has not ended. */
  readonly #busy = new Set<string>();

  constructor(arena: Arena, subjects: Subjects) {
    this.#arena = arena;
    this.#subjects = subjects;
  }

  /** The points of the first so many rounds. */
  static points(count: number): string[] {
    return [...new Set(moments.slice(0, count).map(({ point }) => point.name))];
  }

  async run(count: number): Promise<void> {
    for (let round = 0; round < count; round += 1) {
      const moment = moments[round % moments.length];
      if (moment === undefined) continue;
      const turn = Math.floor(round / moments.length) + round;
      await this.#round(moment.point, moment.victim, turn);
    }
  }

  async #round(point: ImportPoint, victim: Victim, turn: number): Promise<void> {
    const subject = await this.#subject(turn);
    const over = new AbortController();
    const killed = new Promise((resolve) => {
      over.signal.addEventListener('abort', resolve);
    });
    const reached = point.reached(this.#arena, subject, over.signal);
    this.#begin(subject, { point: point.name, victim }, point.isHeld ? killed : null);
    const isReached = await Promise.race([reached.then(() => true), sleep(pointMs, false)]);
    if (isReached) this.reached.add(point.name);
    const from = Date.now();
    await this.#arena.kill(victim);
    this.kills.push({ victim, from, until: Date.now() });
    over.abort();
    this.#arena.forget();
  }

  /** Of the way whose turn it is, or of the next one on whose connection nothing waits. */
  async #subject(turn: number): Promise<Subject> {
    for (;;) {
      const order = importKinds.map((_, at) => importKinds[(turn + at) % importKinds.length]);
      const kind = order.find((each) => each !== undefined && !this.#busy.has(each.lane));
      if (kind !== undefined) return this.#subjects.make(kind);
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
