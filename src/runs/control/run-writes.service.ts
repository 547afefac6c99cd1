import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connection.ts';
import { NotFoundError } from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';
import type { CancelOptions } from '../../domain/run.ts';
import { Afterwards } from '../../ledger/afterwards.ts';
import { ownChange } from '../../ledger/own-change.ts';
import type { StoredRecord } from '../../ledger/record.ts';
import type { Begin } from '../../ledger/write-once.ts';
import { sayAgain, stored } from '../../ledger/stored.ts';
import { readTimeoutMs } from '../../processes/process-reads.ts';
import { deadline } from '../../timing/deadline.ts';
import { within } from '../../timing/within.ts';
import { readFirst } from '../../upstream/read-first.ts';
import { begunAnew } from './anew.ts';
import { instantOf, type KeptRun } from '../kept-run.ts';
import { refNamed } from './named-ref.ts';
import { runToStop, stopping, tellOfCancel } from './run-cancel.ts';
import type { RunControl } from './run-control.ts';
import { resumed, RunPlans } from './run-plans.ts';
import { safelyMs } from '../polls/run-polls.ts';
import { isLost, RunRestarts } from './run-restart.ts';
import { refuseContradiction, settle } from './run-settlement.ts';
import { type AskedBy, RunAudit } from '../run-audit.ts';
import { RunStore } from '../run-store.ts';
import type { ResolveRunDto } from './run-writes.dto.ts';
import type { FoundRun } from '../found-run.ts';
import { RunsService, unknownRun } from '../runs.service.ts';
import { standInMs } from '../stand-in.ts';

type Kept = StoredRecord<KeptRun>;

const soonMs = 1_000;

/** What is done with runs that there are: stopped, begun anew, gone on with, settled. */
@Injectable()
export class RunWritesService implements RunControl {
  readonly #runs: RunsService;
  readonly #store: RunStore;
  /** What each would come to. */
  readonly plans: RunPlans;
  readonly #restarts: RunRestarts;
  readonly #afterwards: Afterwards;
  readonly #audit: RunAudit;

  constructor(
    @Inject(RunsService) runs: RunsService,
    @Inject(RunStore) store: RunStore,
    @Inject(Afterwards) afterwards: Afterwards,
    @Inject(RunAudit) audit: RunAudit,
  ) {
    this.#runs = runs;
    this.#store = store;
    this.plans = new RunPlans(runs, store);
    this.#restarts = new RunRestarts(store, afterwards);
    this.#afterwards = afterwards;
    this.#audit = audit;
  }

  /**
   * Asks for a run's end: before it was sent it is never sent, after that its platform is told.
   * @throws CapabilityNotSupportedError when it was sent, or is being sent, and its platform cannot stop it
   */
  async cancel(id: string, options: CancelOptions, by?: AskedBy): Promise<FoundRun> {
    const toStop = async (): Promise<FoundRun | null> =>
      this.#stop(await readFirst(() => runToStop(this.#runs, id)), options, by);
    // Its record may be forgotten meanwhile for that of its start, which it is found by then.
    const stopped = (await toStop()) ?? (await toStop());
    if (stopped === null) throw unknownRun(id);
    return stopped;
  }

  async restart(id: string, begin: Begin, by?: AskedBy): Promise<FoundRun> {
    const { connection, record } = await readFirst(() => this.#runs.find(id, 'restart', true));
    const ref = refNamed(record);
    await begin();
    this.#audit.asked('restart_run', record, by);
    if (!(await this.#restarts.tell(connection, record, ref))) throw forgotten(connection, id);
    const { attempt } = record.doc;
    // Whoever looked meanwhile may have seen the new attempt already, or even its end.
    return this.#goesOn(connection, record, (doc, now) =>
      doc.attempt === attempt ? begunAnew(doc, instantOf(now)) : doc,
    );
  }

  async resume(
    id: string,
    event: string,
    payload: Native,
    begin: Begin,
    by?: AskedBy,
  ): Promise<FoundRun> {
    const { connection, record } = await readFirst(() => this.#runs.find(id, 'resume', true));
    const ref = refNamed(record);
    const part = connection.part('resume');
    await begin();
    this.#audit.asked('resume_run', record, by);
    try {
      if (!(await part.resume(ref, event, payload, deadline(readTimeoutMs(connection)))))
        throw forgotten(connection, id);
    } catch (error) {
      if (isLost(error)) await this.#lookSoon(connection, record);
      throw error;
    }
    // It may have been seen to run meanwhile, or to have ended.
    return this.#goesOn(connection, record, (doc, now) =>
      doc.status === 'suspended' ? resumed(doc, now) : doc,
    );
  }

  /** Writes down what a person says of a run in doubt. */
  async resolve(id: string, said: ResolveRunDto, by?: AskedBy): Promise<FoundRun> {
    refuseContradiction(said);
    const found = await readFirst(() => this.#runs.find(id));
    return settle(this.#store, found, said, this.#audit.settling(found.record, by));
  }

  /** Null when there is no such record any more. */
  async #stop(
    { connection, record }: FoundRun,
    options: CancelOptions,
    by: AskedBy | undefined,
  ): Promise<FoundRun | null> {
    const { polls, records } = this.#store;
    const now = await stored(() => records.now());
    const { made, lost } = this.#audit.cancelling(record, by);
    const asking = { isFirst: false };
    const current = await ownChange<KeptRun>(
      (step) =>
        stored(() => records.change(record.id, step, { durable: true }), 'unknown', sayAgain),
      {
        step: stopping(connection, options, now),
        made: (changed) => {
          asking.isFirst = true;
          made(changed);
        },
        lost,
      },
    );
    if (current === null) return null;
    if (current.doc.final) return { connection, record: current };
    // However often it is asked, that puts nothing off.
    const look = (): Promise<void> => polls.hurry(connection.id, record.id, now + soonMs);
    await stored(look, 'unknown', sayAgain);
    // Who has asked before tells its platform, or whoever looks at it next does.
    if (!asking.isFirst) return { connection, record: current };
    // Whoever looks at the run tells it too: what fails later is written down, or told once more, by then.
    const told = await within(tellOfCancel(this.#store, connection, current, now), standInMs);
    return { connection, record: told ?? current };
  }

  /** A run that waits for somebody is looked at seldom, and this one may go on. */
  async #lookSoon(connection: Connection, { id }: Kept): Promise<void> {
    const { polls, records } = this.#store;
    const look = async (): Promise<void> => {
      const now = await records.now();
      await polls.hurry(connection.id, id, now + soonMs);
      await records.change(id, ({ doc }) =>
        doc.status === 'suspended' ? { doc: { ...doc, askedOnAt: instantOf(now) } } : null,
      );
    };
    await this.#afterwards.store(id, look, safelyMs);
  }

  /** The platform has done it: what fails from here on leaves open whether the record says so. */
  async #goesOn(
    connection: Connection,
    record: Kept,
    change: (doc: KeptRun, now: number) => KeptRun,
  ): Promise<FoundRun> {
    const { records, polls } = this.#store;
    const now = await stored(() => records.now(), 'unknown');
    await stored(() => polls.plan(connection.id, record.id, now + safelyMs), 'unknown');
    const changed = await stored(
      () =>
        records.change(record.id, ({ doc }) => {
          const next = change(doc, now);
          return next === doc ? null : { doc: next };
        }),
      'unknown',
    );
    await stored(() => polls.plan(connection.id, record.id, now + soonMs), 'unknown');
    return { connection, record: changed ?? record };
  }
}

/** Its record stands, and is shown. */
function forgotten({ id: connection, platform }: Connection, id: string): NotFoundError {
  return new NotFoundError(
    `${platform.title} has no such run any more: what is known of ${id} stays in its record.`,
    { connection, platform: platform.name, outcome: 'rejected' },
  );
}
