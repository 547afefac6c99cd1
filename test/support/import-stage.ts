import { afterAll, afterEach, beforeEach } from '@jest/globals';
import { Queue } from 'bullmq';
import { pino } from 'pino';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import { Secret } from '../../src/config/secret.ts';
import { NotFoundError } from '../../src/domain/errors.ts';
import type { ChangedItem, ChangeReceipt } from '../../src/domain/change.ts';
import type { ConflictMode, ImportPart, Inspection, Observation } from '../../src/domain/import.ts';
import type { Native } from '../../src/domain/native.ts';
import type { Departure, Reconciliation } from '../../src/domain/write.ts';
import { DirectoryStore } from '../../src/files/directory-store.ts';
import { ImportLine } from '../../src/imports/import-line.ts';
import { IdempotencyKeys } from '../../src/ledger/idempotency.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerJob } from '../../src/ledger/ledger.queue.ts';
import type { StoredRecord } from '../../src/ledger/record.ts';
import type { KeptOperation, NewOperation } from '../../src/operations/kept-operation.ts';
import { OperationAcceptance } from '../../src/operations/operation-acceptance.ts';
import { OperationAudit } from '../../src/operations/operation-audit.ts';
import { operationLedger } from '../../src/operations/operation-ledger.ts';
import { OperationQueues } from '../../src/operations/operation-queues.ts';
import { PromotedFiles } from '../../src/operations/promotion.ts';
import { OperationStore } from '../../src/operations/operation-store.ts';
import { QueueConnections } from '../../src/redis/queue-connections.ts';
import { erpWith } from './erp.ts';
import { shortTiming, silent } from './ledger.ts';
import { freshRedis } from './redis.ts';

/** What an import of these tests brings. */
export const invoices: ChangedItem = {
  process: 'invoices',
  name: 'Invoices',
  version: '2',
  versionId: null,
  deployment: null,
  effect: 'new_version',
  problem: null,
};

/** An import part that does, and shows, what it is told to; it knows imports by the `name` in their evidence. */
export class ToldImport implements ImportPart {
  readonly modes: readonly ConflictMode[] = ['error'];
  readonly takesOneFile = true;
  readonly fileKind = 'a file';
  readonly mostBytes = null;
  readonly repeatable = true;
  readonly timeoutMs = 300;
  readonly lookMs = 1_000;
  readonly showsWithinMs = 50;
  /** Whether it brings a file, which is not there. */
  opensFiles = false;
  /** In the order in which they left. */
  readonly sent: string[] = [];
  observes: () => Observation = () => ({ evidence: {}, items: [invoices], basis: {} });
  answers: (name: string) => Promise<ChangeReceipt> = () => Promise.resolve({ items: [invoices] });
  shows: Reconciliation<ChangeReceipt> = { state: 'absent' };

  inspect(): Promise<Inspection> {
    throw new Error('not asked for');
  }

  prepare(): Native {
    throw new Error('not asked for');
  }

  async observe(evidence: Native): Promise<Observation> {
    const { evidence: found, ...seen } = await Promise.resolve(this.observes());
    return { ...seen, evidence: { ...evidence, ...found } };
  }

  async send({ name }: Native, { permit, openFile }: Departure): Promise<ChangeReceipt> {
    if (this.opensFiles) await openFile('one that is gone');
    permit();
    this.sent.push(String(name));
    return this.answers(String(name));
  }

  reconcile(): Promise<Reconciliation<ChangeReceipt>> {
    return Promise.resolve(this.shows);
  }
}

/** A ledger that takes nothing up again for long. */
class PausingLedger {
  readonly #ledger: Pick<Ledger<KeptOperation, ChangeReceipt>, 'advance'>;
  readonly #pauseMs: number;

  constructor(ledger: Pick<Ledger<KeptOperation, ChangeReceipt>, 'advance'>, pauseMs: number) {
    this.#ledger = ledger;
    this.#pauseMs = pauseMs;
  }

  async advance(id: string): Promise<number | null> {
    return (await this.#ledger.advance(id)) === null ? null : this.#pauseMs;
  }
}

/** Imports of an ERP, and the workers that do them, for the tests of a spec file: new before each of them. */
export class ImportStage {
  readonly redis = freshRedis('imports');
  part!: ToldImport;
  store!: OperationStore;
  acceptance!: OperationAcceptance;
  removed!: string[];
  /** After which it says that what was sent is to be taken up again, in place of its own time. */
  pausesMs!: number | null;
  #ledger!: Ledger<KeptOperation, ChangeReceipt>;
  #connections!: QueueConnections;
  #queues!: OperationQueues;
  #lines: ImportLine[] = [];
  #test = 0;

  constructor() {
    beforeEach(() => {
      this.#setUp();
    });
    afterEach(async () => {
      await Promise.all(this.#lines.map((line) => line.close()));
      await this.#queues.close();
    });
    afterAll(() => this.redis.close());
  }

  /** One more worker. */
  worker(): ImportLine {
    const { store } = this;
    const { pausesMs } = this;
    const line = new ImportLine('erp', {
      ledger: pausesMs === null ? this.#ledger : new PausingLedger(this.#ledger, pausesMs),
      store,
      queues: this.#queues,
      redis: this.#connections,
      log: silent,
      lateMs: shortTiming.late,
    });
    this.#lines.push(line);
    line.open();
    return line;
  }

  /** Accepts an import; gives the id of its operation. */
  async accept(name: string, about: Partial<NewOperation> = {}): Promise<string> {
    const { id } = await this.acceptance.once(
      { caller: 'me', idempotencyKey: null },
      name,
      null,
      () =>
        Promise.resolve({
          part: 'import',
          operation: {
            kind: 'import',
            connection: 'erp',
            platform: 'erp',
            process: null,
            input: { name },
            requestId: 'request-1',
            caller: 'me',
            ...about,
          },
          prepared: { evidence: { name }, items: [invoices] },
          files: [`file of ${name}`],
          deadlineMs: 60_000,
        }),
    );
    return id;
  }

  async record(id: string): Promise<StoredRecord<KeptOperation>> {
    const record = await this.store.records.read(id);
    if (record === null) throw new Error(`${id} is not there`);
    return record;
  }

  async doc(id: string): Promise<KeptOperation> {
    return (await this.record(id)).doc;
  }

  /** As if another worker had settled it. */
  async settle(id: string): Promise<void> {
    await this.store.records.change(id, ({ doc, ledger }) =>
      ledger === null
        ? null
        : {
            doc: { ...doc, final: true, outcome: 'applied', status: 'succeeded', phase: null },
            ledger: { ...ledger, state: 'confirmed' },
          },
    );
  }

  #setUp(): void {
    this.pausesMs = null;
    const prefix = `${this.redis.prefix}${(this.#test += 1)}`;
    const redis = { url: new Secret(() => this.redis.url), prefix };
    this.#connections = new QueueConnections({ redis } as never);
    this.#queues = new OperationQueues(
      (name) => new Queue<LedgerJob>(name, this.#connections.options()),
    );
    this.#lines = [];
    this.removed = [];
    this.part = new ToldImport();
    this.store = new OperationStore(this.redis.client, prefix);
    const { store, part } = this;
    const audit = new OperationAudit(pino({ level: 'silent' }));
    const connections = new ConnectionRegistry([erpWith({ import: part })]);
    const keys = new IdempotencyKeys(this.redis.client, prefix);
    this.acceptance = new OperationAcceptance(store, keys, this.#queues, audit);
    const files = {
      openFile: () => Promise.reject(new NotFoundError('There is no such file.')),
      removeFiles: (ids: readonly string[]) => {
        this.removed.push(...ids);
        return Promise.resolve();
      },
    };
    const changed = (): Promise<void> => Promise.resolve();
    const kind = operationLedger({
      store,
      connections,
      changed,
      audit,
      files,
      promoted: new PromotedFiles(new DirectoryStore('/nowhere'), 0),
    });
    this.#ledger = new Ledger(kind, silent, shortTiming);
  }
}
