import { deadline } from '../../timing/deadline.ts';
import { JointReads } from '../joint-reads.ts';
import type { OdslConfig } from './odsl.config.ts';
import type { MarksMet } from './odsl.marks.ts';
import { around, type ExecutionLists, executionsIn, type ExecutionWindow } from './odsl.window.ts';
import type { ExecutionWire } from './odsl.wire.ts';

/** How many times as long as one request a read for those that are looked for together may take. */
const requestsLong = 3;
/** What was sent longer ago is looked for apart, so that nobody else has to wait for its longer window, in ms. */
const recentMs = 3_600_000;

/** A start that is looked for. */
export interface Sought {
  readonly mark: string;
  readonly window: ExecutionWindow;
}

/** What a look has shown of a start. */
export interface Look {
  /** Of the execution that bears its mark; null where none does. */
  readonly nativeId: string | null;
  /** What its window holds, should no execution bear its mark. */
  readonly wires: readonly ExecutionWire[];
}

/** What a walk has shown for all who wanted it: everything of their windows, but where all of their marks came first. */
interface Shown extends Pick<Look, 'wires'> {
  /** Native ids by mark. */
  readonly marked: ReadonlyMap<string, string>;
}

type JointLooks = JointReads<Sought, Shown>;

/** Looks for starts by their marks: for all who want it at the same time in one walk. */
export class StartLooks {
  /** How long a look may last, in ms. */
  readonly lookMs: number;
  readonly #lists: ExecutionLists;
  readonly #concurrency: number;
  readonly #readMs: number;
  readonly #marks: MarksMet;
  readonly #recent: JointLooks;
  readonly #older: JointLooks;

  constructor(
    lists: ExecutionLists,
    { timeout, concurrency }: Pick<OdslConfig, 'timeout' | 'concurrency'>,
    marks: MarksMet,
  ) {
    this.#lists = lists;
    this.#concurrency = concurrency;
    this.#readMs = timeout * requestsLong;
    // Who comes while others are looked for waits for that, and then for his own.
    this.lookMs = 2 * this.#readMs;
    this.#marks = marks;
    const looks = (): JointLooks => new JointReads((wanted) => this.#walk(wanted));
    this.#recent = looks();
    this.#older = looks();
  }

  async of(sought: Sought, signal: AbortSignal): Promise<Look> {
    const { mark, window } = sought;
    const met = this.#marks.idOf(mark);
    if (met !== null) return { nativeId: met, wires: [] };
    const looks = window.from < Date.now() - recentMs ? this.#older : this.#recent;
    const { marked, wires } = await looks.of(sought, signal);
    return { nativeId: marked.get(mark) ?? null, wires };
  }

  /** From the newest on, until the marks of all are met or their windows are read. */
  async #walk(wanted: readonly Sought[]): Promise<Shown> {
    const marked = new Map<string, string>();
    const left = new Set(wanted.map(({ mark }) => mark));
    const lists = this.#marks.within(this.#lists, (mark, nativeId) => {
      marked.set(mark, nativeId);
      left.delete(mark);
    });
    const wires = await executionsIn(lists, around(wanted.map(({ window }) => window)), {
      concurrency: this.#concurrency,
      signal: deadline(this.#readMs),
      isEnough: () => left.size === 0,
    });
    return { marked, wires };
  }
}
