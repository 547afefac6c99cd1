import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../../src/domain/operation.ts';
import type { Arena, Victim } from './arena.ts';
import { type ChangePoint, changePoints } from './change-points.ts';
import {
  type ChangeKind,
  changeKinds,
  type ChangeSubject,
  type ChangeSubjects,
} from './change-subjects.ts';
import { changeUntilTold } from './changes.ts';
import type { Kill } from './import-rounds.ts';
import { endedImport } from './imports.ts';

/** A change that something was killed at. */
export interface ChangeHit {
  readonly subject: ChangeSubject;
  readonly point: ChangePoint;
  readonly victim: Victim;
  /** What each of its callers was told: the operations of it. */
  readonly told: Promise<readonly (readonly string[])[]>;
  readonly ended: Promise<readonly Operation[]>;
}

interface Moment {
  readonly point: ChangePoint;
  readonly victim: Victim;
}

/** A point that does not come, because an earlier kill has taken it away, is not waited for longer. */
const pointMs = 6_000;
/** Callers with one key, at once. */
const callers = 2;
const freeEveryMs = 100;
/** A point that an earlier kill has taken away is tried so often once nothing is on its way any more. */
const triesMore = 3;

const moments: readonly Moment[] = changePoints.flatMap((point) =>
  point.victims.map((victim) => ({ point, victim })),
);
const nameOf = ({ point, victim }: Moment): string => `${point.name}/${victim}`;

/** Kills something at a named point of a change, again and again; who comes back goes on with what was begun. */
export class ChangeRounds {
  readonly #arena: Arena;
  readonly #subjects: ChangeSubjects;
  readonly hits: ChangeHit[] = [];
  readonly kills: Kill[] = [];
  /** Who was killed at which point; a kill that had to go without its point counts for none. */
  readonly reached = new Set<string>();
  /** Kinds whose last change has not ended: those of one process wait for each other. */
  readonly #busy = new Set<ChangeKind>();

  constructor(arena: Arena, subjects: ChangeSubjects) {
    this.#arena = arena;
    this.#subjects = subjects;
  }

  /** What `reached` has after so many rounds. */
  static points(count: number): string[] {
    return moments.slice(0, count).map(nameOf);
  }

  async run(count: number): Promise<void> {
    for (let round = 0; round < count; round += 1) {
      const moment = moments[round % moments.length];
      if (moment === undefined) continue;
      await this.#round(moment, Math.floor(round / moments.length) + round);
    }
    for (let again = 0; again < triesMore; again += 1) {
      for (const missed of moments.slice(0, count)) {
        if (this.reached.has(nameOf(missed))) continue;
        // Whatever went wrong is told by who awaits each.
        await Promise.allSettled(this.hits.map(({ ended }) => ended));
        await this.#round(missed, again);
      }
    }
  }

  async #round(moment: Moment, turn: number): Promise<void> {
    const { point, victim } = moment;
    const subject = await this.#subjects.make(await this.#freeKind(turn));
    const over = new AbortController();
    const reached = point.reached(this.#arena, subject, over.signal);
    this.#begin(subject, point, victim);
    const isReached = await Promise.race([
      reached.then(
        () => true,
        () => false,
      ),
      sleep(pointMs, false),
    ]);
    if (isReached) this.reached.add(nameOf(moment));
    const from = Date.now();
    await this.#arena.kill(victim);
    this.kills.push({ victim, from, until: Date.now() });
    over.abort();
    this.#arena.forget();
  }

  /** The one whose turn it is, or the next one of which none is on its way. */
  async #freeKind(turn: number): Promise<ChangeKind> {
    for (;;) {
      const order = changeKinds.map((_, at) => changeKinds[(turn + at) % changeKinds.length]);
      const kind = order.find((each) => each !== undefined && !this.#busy.has(each));
      if (kind !== undefined) return kind;
      await sleep(freeEveryMs);
    }
  }

  #begin(subject: ChangeSubject, point: ChangePoint, victim: Victim): void {
    const key = randomUUID();
    const told = Promise.all(
      Array.from({ length: callers }, () => changeUntilTold(this.#arena, subject, key)),
    );
    const ended = told.then(([ids = []]) =>
      Promise.all(ids.map((id) => endedImport(this.#arena, id))),
    );
    this.#busy.add(subject.kind);
    const free = (): void => {
      this.#busy.delete(subject.kind);
    };
    // Whatever went wrong is told by who awaits it.
    ended.then(free, free);
    this.hits.push({ subject, point, victim, told, ended });
  }
}
