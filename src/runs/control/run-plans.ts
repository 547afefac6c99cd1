import { ConflictError } from '../../domain/errors.ts';
import type { CancelOptions } from '../../domain/run.ts';
import type { StoredRecord } from '../../ledger/record.ts';
import { stored } from '../../ledger/stored.ts';
import { readFirst } from '../../upstream/read-first.ts';
import type { FoundRun } from '../found-run.ts';
import { instantOf, type KeptRun } from '../kept-run.ts';
import type { RunStore } from '../run-store.ts';
import type { RunsService } from '../runs.service.ts';
import { begunAnew } from './anew.ts';
import { refNamed } from './named-ref.ts';
import { runToStop, stopping } from './run-cancel.ts';
import type { RunControl } from './run-control.ts';
import { refuseContradiction, settledAs } from './run-settlement.ts';
import type { ResolveRunDto } from './run-writes.dto.ts';

/** Runs as they would stand after a write, or its refusal: no platform is told anything, nothing of it is written down. */
export class RunPlans implements RunControl {
  readonly #runs: RunsService;
  readonly #store: RunStore;

  constructor(runs: RunsService, store: RunStore) {
    this.#runs = runs;
    this.#store = store;
  }

  async cancel(id: string, options: CancelOptions): Promise<FoundRun> {
    const { connection, record } = await readFirst(() => runToStop(this.#runs, id));
    const step = stopping(connection, options, await this.#now());
    return { connection, record: { ...record, ...step(record) } };
  }

  async restart(id: string): Promise<FoundRun> {
    const { connection, record } = await readFirst(() => this.#runs.find(id, 'restart', true));
    refNamed(record);
    if (!record.doc.final) throw notNow(record, 'has not ended');
    const doc = begunAnew(record.doc, instantOf(await this.#now()));
    return { connection, record: { ...record, doc } };
  }

  /** Whether it is this event that it waits for, only its platform can say. */
  async resume(id: string): Promise<FoundRun> {
    const { connection, record } = await readFirst(() => this.#runs.find(id, 'resume', true));
    refNamed(record);
    if (record.doc.status !== 'suspended') throw notNow(record, 'waits for nothing');
    return { connection, record: { ...record, doc: resumed(record.doc, await this.#now()) } };
  }

  async resolve(id: string, said: ResolveRunDto): Promise<FoundRun> {
    refuseContradiction(said);
    return settledAs(this.#store, await readFirst(() => this.#runs.find(id)), said);
  }

  #now(): Promise<number> {
    return stored(() => this.#store.records.now());
  }
}

/** A run that goes on with what it waited for. */
export function resumed(doc: KeptRun, now: number): KeptRun {
  return { ...doc, status: 'running', upstreamStatus: null, form: null, updatedAt: instantOf(now) };
}

function notNow({ id, doc }: StoredRecord<KeptRun>, why: string): ConflictError {
  const { connection, platform } = doc;
  const details = { connection, platform, outcome: 'not_sent' } as const;
  return new ConflictError(`${id} ${why}: it is ${doc.status}.`, details);
}
