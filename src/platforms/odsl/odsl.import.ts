import type { ImportPart } from '../../domain/import.ts';
import type { Native } from '../../domain/native.ts';
import { type ImportRecipe, SteppedImport } from '../stepped-import.ts';
import type { OdslChangesClient } from './odsl.changes-client.ts';
import type { OdslClient } from './odsl.client.ts';
import type { OdslConfig } from './odsl.config.ts';
import { mostFileBytes } from './odsl.import-file.ts';
import { type ImportOrder, importOrder, importPlanOf } from './odsl.import-plan.ts';
import { importSaveOf, OdslImportSending } from './odsl.import-sending.ts';
import { inspectFile } from './odsl.inspection.ts';
import { OdslRefusals } from './odsl.refusals.ts';
import { OdslSaving } from './odsl.saving.ts';

/** Looks of a change are given so many requests. */
const requestsPerLook = 3;
/** As for other saves, in ms. */
const showsWithinMs = 5_000;

/** Saves each configuration of a file: the platform has no call that takes a file. */
export class OdslImport extends SteppedImport<ImportOrder> implements ImportPart {
  /** All that it brings is looked at one by one, as long as a walk over the whole list may take. */
  override readonly lookMs: number;
  readonly #stepMs: number;

  constructor(reads: OdslClient, writes: OdslChangesClient, config: OdslConfig) {
    const { timeout, importTimeout, listTimeout } = config;
    super(recipeOf(reads, writes.within(importTimeout), config), {
      timeoutMs: importTimeout,
      repeatable: true,
      showsWithinMs,
    });
    this.lookMs = Math.max(listTimeout, timeout * requestsPerLook);
    this.#stepMs = timeout;
  }

  /** Its saves may leave for as long as one of them may take: what is left then would wait for that once more. */
  override spanMs({ steps }: Native): number {
    const count = Array.isArray(steps) ? steps.length : 0;
    return Math.min(count * this.#stepMs, this.timeoutMs);
  }
}

function recipeOf(
  reads: OdslClient,
  writes: OdslChangesClient,
  config: OdslConfig,
): ImportRecipe<ImportOrder> {
  const saving = new OdslSaving({ reads, writes, refusals: new OdslRefusals(config) });
  const sending = new OdslImportSending(saving);
  const { concurrency } = config;
  return {
    modes: ['error', 'use-existing', 'new-version'],
    fileKind: 'JSON in UTF-8: a configuration, or a list of them',
    mostBytes: mostFileBytes,
    // Of an older version, which has an `_id` of its own, it names the process.
    heedsNames: true,
    order: importOrder,
    inspect: inspectFile,
    plan: (request, signal) => importPlanOf(reads, request, { concurrency, signal }),
    send: (order, departure) => sending.send(order, departure),
    look: (order, sent, signal) => saving.look(importSaveOf(order), sent, signal),
  };
}
