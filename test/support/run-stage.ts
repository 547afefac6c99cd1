import { afterAll, beforeEach } from '@jest/globals';
import { pino } from 'pino';
import type { Connection } from '../../src/connections/connection.ts';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import type { AdapterParts } from '../../src/domain/adapter.ts';
import type { WholeRun } from '../../src/domain/run.ts';
import { Afterwards } from '../../src/ledger/afterwards.ts';
import { erpRun } from '../../src/runs/erp-run.testing.ts';
import { foreign, instantOf, type KeptRun } from '../../src/runs/kept-run.ts';
import { RunAudit } from '../../src/runs/run-audit.ts';
import { RunFeed } from '../../src/runs/run-feed.ts';
import { RunPoller } from '../../src/runs/polls/run-poller.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { RunIntake } from '../../src/runs/run-intake.ts';
import { RunWritesService } from '../../src/runs/control/run-writes.service.ts';
import { RunsService } from '../../src/runs/runs.service.ts';
import { erpWith, shows } from './erp.ts';
import { freshRedis } from './redis.ts';

const log = pino({ level: 'silent' });

/** The run that a stage is about. */
export const runId = 'erp:1';

/** No run may be without an owner for longer, in ms. */
export const mostMs = 60_000;

/** The process ends here. */
export class Killed extends Error {}

/** Nothing is to be done first. */
export const begin = (): Promise<void> => Promise.resolve();

/** The run as the ERP shows it, made five seconds ago. */
export function youngRun(status: WholeRun['status']): WholeRun {
  const at = instantOf(Date.now() - 5_000);
  return erpRun({ status, createdAt: at, startedAt: at, updatedAt: at });
}

/** One run of an ERP and what acts on it, for the tests of a spec file: new before each of them. */
export class RunStage {
  readonly redis = freshRedis('stage');
  store!: RunStore;
  connection!: Connection;
  /** What the ERP can do from now on. */
  parts!: { -readonly [Part in keyof AdapterParts]?: AdapterParts[Part] };
  intake!: RunIntake;
  writes!: RunWritesService;
  audit!: RunAudit;
  /** What the ERP shows from now on. */
  shown!: WholeRun;
  /** Every line of the audit, as JSON. */
  lines!: string[];
  readonly #afterwards = new Afterwards(log);
  #test = 0;

  constructor() {
    beforeEach(() => {
      this.#test += 1;
      this.#setUp();
    });
    afterAll(async () => {
      await this.#afterwards.close(0);
      await this.redis.close();
    });
  }

  /** What every key of the running test begins with. */
  get prefix(): string {
    return `${this.redis.prefix}${this.#test}`;
  }

  /** Stores a run as the ERP shows it, but for these changes, whose start was sent and left open. */
  async put(changes: Partial<KeptRun>, id = runId): Promise<void> {
    const doc = { ...foreign(this.connection, this.shown, Date.now()), ...changes };
    const now = await this.store.records.now();
    const entry = {
      state: 'unknown',
      connection: 'erp',
      part: 'starts',
      mark: 'm',
      acceptedAt: now,
      notBefore: now,
      deadline: now,
      token: null,
      sendBy: null,
      sentFrom: now,
      sentUntil: now,
      tries: 1,
      lastFailure: null,
      looks: 1,
      absentSince: null,
      files: [],
    } as const;
    await this.store.records.create({ id, doc, ledger: entry, evidence: {} });
  }

  /** Redis may lose from now on what a replica should have, as it has none. */
  demandReplica(): void {
    this.store = new RunStore(this.redis.client, this.prefix, 1);
    this.#serve();
  }

  /** The lines of the audit with this message. */
  audited(message: string): readonly Readonly<Record<string, unknown>>[] {
    return this.lines
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
      .filter(({ msg }) => msg === message);
  }

  /** What is kept of a run. */
  async doc(id = runId): Promise<KeptRun | undefined> {
    return (await this.store.records.read(id))?.doc;
  }

  /** A look at whatever is due. */
  async poll(): Promise<void> {
    await new RunPoller(this.store, log).poll(this.connection);
  }

  /** A look at the run, though it is not due. */
  async lookNow(): Promise<void> {
    await this.store.polls.plan('erp', runId, await this.store.records.now());
    await this.poll();
  }

  /** In how many ms somebody looks at the runs of the connection; null: nobody does. */
  async nextLook(): Promise<number | null> {
    const next = await this.store.polls.next('erp');
    return next === null ? null : next - (await this.store.records.now());
  }

  #setUp(): void {
    this.store = new RunStore(this.redis.client, this.prefix);
    this.lines = [];
    this.audit = new RunAudit(pino({}, { write: (line) => void this.lines.push(line) }));
    this.shown = youngRun('succeeded');
    this.parts = this.#everyPart();
    this.connection = erpWith(this.parts);
    this.#serve();
  }

  /** Whatever acts on the run, by the store as it is. */
  #serve(): void {
    this.intake = new RunIntake(this.store);
    const feed = new RunFeed(this.store, this.redis.client, log);
    const registry = new ConnectionRegistry([this.connection]);
    const runs = new RunsService(registry, this.store, feed);
    this.writes = new RunWritesService(runs, this.store, this.#afterwards, this.audit);
  }

  #everyPart(): Pick<AdapterParts, 'runs' | 'restart' | 'resume'> {
    const goesOn = (): Promise<boolean> => {
      this.shown = youngRun('running');
      return Promise.resolve(true);
    };
    return {
      runs: {
        get: () => Promise.resolve(this.shown),
        getMany: () => shows([this.shown]),
        since: () => Promise.resolve([this.shown]),
      },
      restart: { restart: goesOn },
      resume: { resume: goesOn },
    };
  }
}
