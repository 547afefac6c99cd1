import { createHash } from 'node:crypto';
import type { ChangeReceipt } from '../../domain/change.ts';
import { type ErrorDetails, InternalError } from '../../domain/errors.ts';
import {
  conflictModes,
  type ImportPart,
  type ImportRequest,
  type Inspection,
  type Observation,
  type ReadablePackage,
} from '../../domain/import.ts';
import type { Native } from '../../domain/native.ts';
import type { Departure, Reconciliation, SentWindow } from '../../domain/write.ts';
import { readFirst } from '../../upstream/read-first.ts';
import { mostProcesses } from './export-scan.ts';
import type { FrendsChangesClient } from './frends.changes-client.ts';
import type { FrendsClient } from './frends.client.ts';
import type { FrendsConfig } from './frends.config.ts';
import {
  exportDigest,
  isMakingNew,
  type ObservedImport,
  preparedOf,
  readObserved,
  readPrepared,
} from './frends.import-evidence.ts';
import { inspectExport } from './frends.import-inspection.ts';
import { isKept, plannedItems } from './frends.import-items.ts';
import { FrendsImportLook } from './frends.import-look.ts';
import { FrendsImportSending } from './frends.import-sending.ts';
import { verdictOf } from './frends.import-verdict.ts';
import { FrendsInventory, highestOf, standingOf } from './frends.inventory.ts';
import { packGuids } from './guid-set.ts';

/** A look walks the list, and may read exports to compare them. */
const walksPerLook = 2;

/** Imports of export files: one request, whatever they hold. */
export class FrendsImport implements ImportPart {
  readonly modes = conflictModes;
  readonly takesOneFile = true;
  readonly fileKind = `an export file of ${mostProcesses} Frends processes at most (JSON in UTF-8)`;
  readonly mostBytes = null;
  readonly digestOf = exportDigest;
  readonly repeatable = true;
  readonly timeoutMs: number;
  readonly lookMs: number;
  readonly showsWithinMs: number;
  readonly #config: FrendsConfig;
  readonly #inventory: FrendsInventory;
  readonly #look: FrendsImportLook;
  readonly #sending: FrendsImportSending;

  constructor(
    client: FrendsClient,
    changes: FrendsChangesClient,
    config: FrendsConfig,
    showsWithinMs: number,
  ) {
    this.timeoutMs = config.importTimeout;
    this.lookMs = config.listTimeout * walksPerLook;
    this.showsWithinMs = showsWithinMs;
    this.#config = config;
    this.#inventory = new FrendsInventory(client, config);
    this.#look = new FrendsImportLook(client, this.#inventory);
    this.#sending = new FrendsImportSending(changes, this.#look, this);
  }

  inspect(file: ReadablePackage, signal: AbortSignal): Promise<Inspection> {
    return inspectExport(file, this.#named, signal);
  }

  prepare(request: ImportRequest): Native {
    return preparedOf(request, this.#named);
  }

  async observe(evidence: Native, signal: AbortSignal): Promise<Observation> {
    const prepared = readPrepared(evidence);
    const makesNew = isMakingNew(prepared);
    const guids = prepared.processes.map(({ guid }) => guid);
    const now = await readFirst(() =>
      makesNew ? this.#inventory.whole(signal) : this.#inventory.of(guids, signal),
    );
    const before = guids.map((guid) => {
      const versions = now.get(guid) ?? [];
      const stood = standingOf(versions);
      return {
        highest: highestOf(versions),
        stood: stood === null ? null : { version: stood.version, id: stood.id },
      };
    });
    const seen: ObservedImport = {
      ...prepared,
      before,
      guids: makesNew ? packGuids(now.keys()) : null,
    };
    const basis = createHash('sha256').update(JSON.stringify(before)).digest('base64url');
    return { evidence: seen, items: plannedItems(seen), basis: { before: basis } };
  }

  async send(evidence: Native, departure: Departure): Promise<ChangeReceipt> {
    const seen = readObserved(evidence);
    const items = plannedItems(seen);
    if (isKept(seen)) return { items };
    if (items.every(({ effect }) => effect !== 'conflict'))
      return this.#sending.send(seen, departure);
    const details = { ...this.#named, sent: 'no', outcome: 'not_sent' } as const;
    throw new InternalError('An import that meets a conflict must not be sent.', details);
  }

  async reconcile(
    evidence: Native,
    sent: SentWindow,
    signal: AbortSignal,
  ): Promise<Reconciliation<ChangeReceipt>> {
    const seen = readObserved(evidence);
    const isTaken = sent.isTaken === true;
    const found = await this.#look.look(seen, { isTaken, answer: null }, signal);
    return verdictOf(seen, found, isTaken);
  }

  /** Whom errors are about. */
  get #named(): ErrorDetails {
    const { id: connection, platform } = this.#config;
    return { connection, platform };
  }
}
