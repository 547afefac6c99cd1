import { afterAll, afterEach, beforeEach } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { pino } from 'pino';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import { Secret } from '../../src/config/secret.ts';
import { NotFoundError } from '../../src/domain/errors.ts';
import type { ChangeReceipt } from '../../src/domain/change.ts';
import type { PackageFile } from '../../src/domain/package.ts';
import { DirectoryStore } from '../../src/files/directory-store.ts';
import { Inspections } from '../../src/files/inspections.ts';
import { ImportLine } from '../../src/imports/import-line.ts';
import { IdempotencyKeys } from '../../src/ledger/idempotency.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerKind } from '../../src/ledger/ledger-kind.ts';
import type { LedgerJob } from '../../src/ledger/ledger.queue.ts';
import type { StoredRecord } from '../../src/ledger/record.ts';
import type { KeptOperation, NewOperation } from '../../src/operations/kept-operation.ts';
import { OperationAcceptance } from '../../src/operations/operation-acceptance.ts';
import { OperationAudit } from '../../src/operations/operation-audit.ts';
import { operationLedger } from '../../src/operations/operation-ledger.ts';
import { OperationQueues } from '../../src/operations/operation-queues.ts';
import { OperationStore } from '../../src/operations/operation-store.ts';
import { OperationsProcessor } from '../../src/operations/operations.processor.ts';
import { keptPromotion } from '../../src/operations/promotion.ts';
import { PromotedFiles, waitingInWorker } from '../../src/operations/promoted-files.ts';
import { QueueConnections } from '../../src/redis/queue-connections.ts';
import { erpWith } from './erp.ts';
import { shortTiming, silent } from './ledger.ts';
import { tagged, ToldChange } from './operation-stage.ts';
import { freshRedis } from './redis.ts';
import { invoices, ToldImport } from './told-import.ts';

/** The most that a promotion brings. */
const mostBytes = 1_000;
const asked = {
  connection: 'erp',
  platform: 'erp',
  process: null,
  requestId: 'request-1',
  caller: 'me',
} as const;

type Sender = Pick<Ledger<KeptOperation, ChangeReceipt>, 'advance' | 'close'>;

/** A ledger that takes nothing up again for long. */
class PausingLedger {
  readonly #ledger: Sender;
  readonly #pauseMs: number;

  constructor(ledger: Sender, pauseMs: number) {
    this.#ledger = ledger;
    this.#pauseMs = pauseMs;
  }

  async advance(...asked: Parameters<Sender['advance']>): Promise<number | null> {
    return (await this.#ledger.advance(...asked)) === null ? null : this.#pauseMs;
  }

  close(): Promise<void> {
    return this.#ledger.close();
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
  /** How long what is being sent may take when its worker is closed. */
  drainMs!: number;
  /** What the connection `dev` has for promotions, whatever is asked for. */
  downloads!: (signal: AbortSignal) => Promise<PackageFile | null>;
  /** Where files wait. */
  readonly folder = mkdtempSync(join(tmpdir(), 'import-stage-'));
  #kind!: LedgerKind<KeptOperation, ChangeReceipt>;
  #registry!: ConnectionRegistry;
  #connections!: QueueConnections;
  #queues!: OperationQueues;
  #lines: ImportLine[] = [];
  #processors: OperationsProcessor[] = [];
  #test = 0;

  constructor() {
    beforeEach(() => {
      this.#setUp();
    });
    afterEach(async () => {
      await Promise.all(this.#lines.map((line) => line.close()));
      for (const each of this.#processors) await closed(each);
      await this.#queues.close();
    });
    afterAll(async () => {
      rmSync(this.folder, { recursive: true });
      await this.redis.close();
    });
  }

  /** One more worker. */
  worker(): ImportLine {
    const { store } = this;
    const { pausesMs, drainMs } = this;
    const ledger = this.ledger();
    const line = new ImportLine('erp', {
      ledger: pausesMs === null ? ledger : new PausingLedger(ledger, pausesMs),
      store,
      queues: this.#queues,
      redis: this.#connections,
      log: silent,
      drainMs,
      lateMs: shortTiming.late,
    });
    this.#lines.push(line);
    line.open();
    return line;
  }

  /** A process that sends. */
  ledger(): Ledger<KeptOperation, ChangeReceipt> {
    return new Ledger(this.#kind, silent, shortTiming);
  }

  /** One more worker of all that does not stand in line. */
  async processor(): Promise<OperationsProcessor> {
    const { store } = this;
    const config = { worker: { drain: this.drainMs } } as never;
    const processor = new OperationsProcessor(
      this.ledger(),
      store,
      this.#queues,
      this.#registry,
      this.#connections,
      config,
      silent,
    );
    this.#processors.push(processor);
    await processor.onApplicationBootstrap();
    return processor;
  }

  /** Accepts a promotion from `dev`; gives the id of its operation. */
  async promote(deadlineMs = 60_000): Promise<string> {
    const items = [{ key: 'invoices', version: null }];
    const { id } = await this.acceptance.once(
      { caller: 'me', idempotencyKey: null },
      'promotion',
      null,
      () =>
        Promise.resolve({
          part: 'import',
          isUnfetched: true,
          operation: { ...asked, kind: 'promote', input: {} },
          prepared: {
            evidence: keptPromotion({ from: 'dev', onConflict: 'error', items }),
            items: [invoices],
          },
          deadlineMs,
        }),
    );
    return id;
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
          operation: { ...asked, kind: 'import', input: { name }, ...about },
          prepared: { evidence: { name }, items: [invoices] },
          files: [`file of ${name}`],
          deadlineMs: 60_000,
        }),
    );
    return id;
  }

  /** Accepts a change, which stands in no line; gives the id of its operation. */
  async change(): Promise<string> {
    const { id } = await this.acceptance.once(
      { caller: 'me', idempotencyKey: null },
      'change',
      null,
      () =>
        Promise.resolve({
          part: 'tags',
          operation: { ...asked, kind: 'tag_version', input: {} },
          prepared: { evidence: {}, items: [tagged] },
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
    this.drainMs = 5_000;
    this.downloads = () => Promise.resolve(null);
    const prefix = `${this.redis.prefix}${(this.#test += 1)}`;
    const redis = { url: new Secret(() => this.redis.url), prefix };
    this.#connections = new QueueConnections({ redis } as never);
    this.#queues = new OperationQueues(
      (name) => new Queue<LedgerJob>(name, this.#connections.options()),
    );
    this.#lines = [];
    this.#processors = [];
    this.removed = [];
    this.part = new ToldImport();
    this.store = new OperationStore(this.redis.client, prefix);
    const { store, part } = this;
    const audit = new OperationAudit(pino({ level: 'silent' }));
    const packages = {
      download: (_key: string, _version: string, signal: AbortSignal) => this.downloads(signal),
    };
    const connections = new ConnectionRegistry([
      erpWith({ import: part, tags: new ToldChange() }),
      erpWith({ packages }, 'dev'),
    ]);
    this.#registry = connections;
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
    this.#kind = operationLedger({
      store,
      connections,
      changed,
      audit,
      files,
      promoted: new PromotedFiles({
        store: new DirectoryStore(this.folder),
        inspections: new Inspections(),
        mostBytes,
        mostWaiting: waitingInWorker,
      }),
    });
  }
}

async function closed(processor: OperationsProcessor): Promise<void> {
  processor.beforeApplicationShutdown();
  await processor.onApplicationShutdown();
}
