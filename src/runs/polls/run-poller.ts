import type { Connection } from '../../connections/connection.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { RunRef, Sightings } from '../../domain/run.ts';
import type { Log } from '../../telemetry/log.ts';
import { deadline } from '../../timing/deadline.ts';
import { chunksOf } from './chunks-of.ts';
import { dueRun } from './due-run.ts';
import { instantOf, refOf } from '../kept-run.ts';
import { noticing } from './noticing.ts';
import { PendingCancels } from '../control/pending-cancels.ts';
import { PollRest } from './poll-rest.ts';
import { toBeTold } from '../control/run-cancel.ts';
import { later, type Plan, type Polled, RunSightings } from './run-sightings.ts';
import type { RunStore } from '../run-store.ts';

/** Looked at in one go, because many take few calls more than few; more are due again at once. */
const batch = 10_000;
/** What is due so soon is looked at with what is due now: it takes no call of its own then, in ms. */
const togetherMs = 2_000;
/** Runs that were taken up are due again after so long, should this process end before it has looked. */
const takenMs = 30_000;
const pollTimeoutMs = 25_000;
/** A run that is looked at behind is not looked at once more, but due again after so long, in ms. */
const behindMs = 5_000;
/** When nothing comes for so long after the first answer, the look goes on behind, and holds up no other; in ms. */
const stillMs = 2_000;

/** The runs of one look. */
interface Look {
  readonly connection: Connection;
  /** When it began, in ms since 1970 by the clock of the store. */
  readonly now: number;
  readonly signal: AbortSignal;
  /** Is told that the platform has answered. */
  readonly answered: () => void;
  /** Is told of which runs nothing comes though something came before. */
  readonly stillNow: (ids: readonly string[]) => void;
  /** Plans what has been looked at anew. */
  readonly plan: (plans: readonly Plan[]) => Promise<void>;
}

/** Looks at runs that are due, many in one call where the platform allows it, and writes down what has changed. */
export class RunPoller {
  readonly #store: RunStore;
  readonly #log: Log;
  readonly #rest: PollRest;
  readonly #cancels: PendingCancels;
  readonly #sightings: RunSightings;
  /** Ids of runs that are looked at behind. */
  readonly #behind = new Set<string>();

  constructor(store: RunStore, log: Log) {
    this.#store = store;
    this.#log = log;
    this.#rest = new PollRest(store.polls);
    this.#cancels = new PendingCancels(store, log);
    this.#sightings = new RunSightings(store);
  }

  /** Looks at the due runs of a connection, whoever waits longest first; gives how many there were. */
  async poll(connection: Connection): Promise<number> {
    const now = await this.#store.records.now();
    const takenUntil = now + takenMs;
    const { polls } = this.#store;
    const due = await polls.take(connection.id, now + togetherMs, batch, takenUntil);
    if (due.size === 0) return 0;
    const plan = (plans: readonly Plan[]): Promise<void> =>
      polls.giveBack(connection.id, takenUntil, new Map(plans));
    const behind = [...due.keys()].filter((id) => this.#behind.has(id));
    for (const id of behind) due.delete(id);
    await plan(behind.map((id) => [id, now + behindMs]));
    const { open, toStop } = await this.#open([...due.keys()], now);
    void this.#cancels.tell(connection, toStop);
    const isOpen = new Set(open.map(({ id }) => id));
    await plan([...due.keys()].filter((id) => !isOpen.has(id)).map((id) => [id, null]));
    if (open.length === 0) return due.size;
    await this.#rest.after(connection, now, async (answered) => {
      const named = open.filter(({ doc }) => doc.nativeId !== null);
      const nameless = open.filter(({ doc }) => doc.nativeId === null);
      // Before a start is known to have made one, the ledger looks for it.
      await plan(nameless.map((run) => later(run, now)));
      const terms = { connection, now, signal: deadline(pollTimeoutMs), answered, plan };
      const looked = (stillNow: Look['stillNow']): Promise<void> =>
        this.#byId({ ...terms, stillNow }, named, due);
      // What a look costs has to be known before the next one, where calls are limited.
      if (connection.adapter.budget === undefined) await this.#untilStill(looked);
      else await looked(() => undefined);
    });
    return due.size;
  }

  /** Until a look is over, or only waits for what does not come: that stays taken, and nobody here looks at it meanwhile. */
  async #untilStill(look: (stillNow: Look['stillNow']) => Promise<void>): Promise<void> {
    let stillNow: Look['stillNow'] = () => undefined;
    const still = new Promise<readonly string[]>((resolve) => {
      stillNow = resolve;
    });
    const looking = look(stillNow);
    const behind = await Promise.race([looking.then(() => null), still]);
    if (behind === null) return;
    for (const id of behind) this.#behind.add(id);
    looking
      .catch((error: unknown) => {
        this.#log.error({ err: error }, 'Runs could not be looked at');
      })
      .finally(() => {
        for (const id of behind) this.#behind.delete(id);
      });
  }

  /** Those of them that have not ended, and the ids of those whose platform is to be told that they are to be stopped. */
  async #open(
    ids: readonly string[],
    now: number,
  ): Promise<{ readonly open: readonly Polled[]; readonly toStop: readonly string[] }> {
    const open: Polled[] = [];
    const toStop: string[] = [];
    for (const some of chunksOf(ids)) {
      for (const { id, doc, ledger } of await this.#store.records.readMany(some)) {
        if (doc.final) continue;
        open.push({ id, doc: dueRun({ doc, ledger }, now) });
        if (toBeTold(doc, now) !== null) toStop.push(id);
      }
    }
    return { open, toStop };
  }

  /** Writes down what is shown as it comes; `due` is when each should have been looked at. */
  async #byId(
    look: Look,
    runs: readonly Polled[],
    due: ReadonlyMap<string, number>,
  ): Promise<void> {
    const { connection, now, signal, answered, stillNow, plan } = look;
    const left = new Map(runs.map((run) => [run.id, run]));
    const byNativeId = new Map<string, Polled[]>();
    for (const run of runs) {
      const nativeId = run.doc.nativeId ?? '';
      byNativeId.set(nativeId, [...(byNativeId.get(nativeId) ?? []), run]);
    }
    const failures: GatewayError[] = [];
    let isAway = false;
    try {
      const comes = connection.part('runs').getMany(runs.flatMap(refsOf), signal);
      const isStill = (): void => {
        stillNow([...left.keys()]);
      };
      for await (const sightings of noticing(comes, stillMs, isStill)) {
        if (isAnswer(sightings)) answered();
        const about = [...sightings.keys()].flatMap((nativeId) => byNativeId.get(nativeId) ?? []);
        failures.push(...failuresIn(sightings));
        await plan(await this.#sightings.take(connection.id, about, sightings, now));
        for (const { id } of about) left.delete(id);
      }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      failures.push(error);
      isAway = left.size === runs.length || error.details.retryAfterMs !== undefined;
    }
    this.#warn(connection, failures, left.size);
    const retryAfterMs = failures.at(-1)?.details.retryAfterMs;
    // Where others were read, those that were not keep their turn: they come first the next time.
    await plan(
      [...left.values()].map((run) =>
        isAway ? later(run, now, retryAfterMs) : [run.id, due.get(run.id) ?? now],
      ),
    );
  }

  #warn({ id }: Connection, failures: readonly GatewayError[], left = 0): void {
    const [first] = failures;
    if (first === undefined) return;
    this.#log.warn(
      { connection: id, runs: failures.length, left, code: first.code, reason: first.message },
      'Runs could not be looked at',
    );
  }
}

function failuresIn(sightings: Sightings): GatewayError[] {
  return [...sightings.values()].filter((sighting) => sighting instanceof GatewayError);
}

function isAnswer(sightings: Sightings): boolean {
  return [...sightings.values()].some((sighting) => !(sighting instanceof GatewayError));
}

function refsOf({ doc }: Polled): RunRef[] {
  const ref = refOf({ ...doc, createdAt: instantOf(doc.sentAt) });
  return ref === null ? [] : [ref];
}
