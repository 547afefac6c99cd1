import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach } from '@jest/globals';
import { Queue } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { CursorSeal } from '../../src/catalogue/cursor.ts';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import type {
  ChangedItem,
  ChangePart,
  ChangeReceipt,
  PreparedChange,
  TagRequest,
} from '../../src/domain/change.ts';
import type { Native } from '../../src/domain/native.ts';
import type { Departure, Reconciliation } from '../../src/domain/write.ts';
import type { Keyed } from '../../src/ledger/accept-once.ts';
import { DirectoryStore } from '../../src/files/directory-store.ts';
import { Inspections } from '../../src/files/inspections.ts';
import { IdempotencyKeys } from '../../src/ledger/idempotency.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerJob } from '../../src/ledger/ledger.queue.ts';
import type { StoredRecord } from '../../src/ledger/record.ts';
import type { KeptOperation } from '../../src/operations/kept-operation.ts';
import { OperationAcceptance } from '../../src/operations/operation-acceptance.ts';
import { OperationAudit } from '../../src/operations/operation-audit.ts';
import { operationLedger } from '../../src/operations/operation-ledger.ts';
import { OperationQueues } from '../../src/operations/operation-queues.ts';
import { PromotedFiles } from '../../src/operations/promoted-files.ts';
import { OperationStore } from '../../src/operations/operation-store.ts';
import { OperationsService } from '../../src/operations/operations.service.ts';
import { erpWith } from './erp.ts';
import { shortTiming, silent } from './ledger.ts';
import { freshRedis } from './redis.ts';

type Kept = StoredRecord<KeptOperation>;

/** What is stored of a change of these tests, and what no line of the log may say. */
export const secretContent = 'return hunter2';

/** What a change does, of which nothing else is said. */
export const tagged: ChangedItem = {
  process: 'invoices',
  name: 'Invoices',
  version: '2',
  versionId: 'v2',
  deployment: null,
  effect: 'tagged',
  problem: null,
};

/** A part of the ERP that does, and shows, what it is told to. */
export class ToldChange implements ChangePart<TagRequest> {
  readonly repeatable = true;
  readonly timeoutMs = 300;
  readonly showsWithinMs = 50;
  sends = 0;
  /** How the request ends. */
  answers: () => Promise<ChangeReceipt> = () => Promise.resolve({ items: [tagged] });
  /** What the ERP shows of it. */
  shows: Reconciliation<ChangeReceipt> = { state: 'absent' };

  prepare(): Promise<PreparedChange> {
    return Promise.resolve({ evidence: { script: secretContent }, items: [tagged] });
  }

  send(_: Native, { permit }: Departure): Promise<ChangeReceipt> {
    permit();
    this.sends += 1;
    return this.answers();
  }

  reconcile(): Promise<Reconciliation<ChangeReceipt>> {
    return Promise.resolve(this.shows);
  }
}

/** A line of the log, as it is written. */
export type LogLine = Readonly<Record<string, unknown>>;

const promoted = new PromotedFiles({
  store: new DirectoryStore('/nowhere'),
  inspections: new Inspections(),
  mostBytes: 0,
  mostWaiting: 0,
});
const noFiles = {
  openFile: () => Promise.reject(new Error('no change brings files')),
  removeFiles: () => Promise.resolve(),
};

/** Operations of an ERP, and what acts on them, for the tests of a spec file: new before each of them. */
export class OperationStage {
  readonly redis = freshRedis('operations');
  store!: OperationStore;
  change!: ToldChange;
  ledger!: Ledger<KeptOperation, ChangeReceipt>;
  acceptance!: OperationAcceptance;
  service!: OperationsService;
  /** Every line that was logged, as JSON. */
  lines!: string[];
  /** What is told each time that a connection is marked as changed. */
  onChanged!: (connection: string) => Promise<void>;
  readonly #queue = new Queue<LedgerJob>('operations', {
    connection: { url: this.redis.url, maxRetriesPerRequest: null },
    prefix: `{${this.redis.prefix}}`,
  });
  #test = 0;

  constructor() {
    beforeEach(() => {
      this.#setUp();
    });
    afterAll(async () => {
      await this.#queue.close();
      await this.redis.close();
    });
  }

  /** The lines of the audit with this message. */
  audited(message: string): readonly LogLine[] {
    return this.lines
      .map((line) => JSON.parse(line) as LogLine)
      .filter((line) => line['msg'] === message);
  }

  /** Accepts a change; gives the id of its operation. */
  async accept(
    about: Partial<Pick<KeptOperation, 'kind' | 'connection'> & Keyed> = {},
  ): Promise<string> {
    const { kind = 'tag_version', connection = 'erp', idempotencyKey = null } = about;
    const { id } = await this.acceptance.once(
      { caller: 'me', idempotencyKey },
      'print',
      // Of a process of its own: no two operations change one at once.
      `${connection}:${randomUUID()}`,
      async () => ({
        part: 'tags',
        operation: {
          kind,
          connection,
          platform: 'erp',
          process: 'invoices',
          input: { version: '2', tag: 'stable' },
          requestId: 'request-1',
          caller: 'me',
        },
        prepared: await this.change.prepare(),
      }),
    );
    return id;
  }

  /** Takes an operation up until it stands so, or nothing is left to do. */
  async until(id: string, isEnough: (doc: KeptOperation) => boolean = () => false): Promise<Kept> {
    for (let again: number | null = 0; again !== null;) {
      await sleep(again);
      again = await this.ledger.advance(id);
      if (isEnough((await this.record(id)).doc)) break;
    }
    return this.record(id);
  }

  /** The record, which has to be there. */
  async record(id: string): Promise<Kept> {
    const record = await this.store.records.read(id);
    if (record === null) throw new Error(`${id} is not there`);
    return record;
  }

  #setUp(): void {
    const prefix = `${this.redis.prefix}${(this.#test += 1)}`;
    this.store = new OperationStore(this.redis.client, prefix);
    this.change = new ToldChange();
    this.lines = [];
    this.onChanged = () => Promise.resolve();
    const log = pino({ level: 'info' }, { write: (line) => void this.lines.push(line) });
    const audit = new OperationAudit(log);
    const connections = new ConnectionRegistry([erpWith({ tags: this.change })]);
    const { store } = this;
    const keys = new IdempotencyKeys(this.redis.client, prefix);
    this.acceptance = new OperationAcceptance(
      store,
      keys,
      new OperationQueues(() => this.#queue),
      audit,
    );
    const seal = new CursorSeal('0123456789abcdef0123456789abcdef');
    const changed = (connection: string): Promise<void> => this.onChanged(connection);
    const cells = { mark: changed };
    this.service = new OperationsService(store, store, connections, seal, audit, cells);
    const kind = operationLedger({ store, connections, changed, audit, files: noFiles, promoted });
    this.ledger = new Ledger(kind, silent, shortTiming);
  }
}
