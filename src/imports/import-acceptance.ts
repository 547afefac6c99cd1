import { Inject, Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import type { ChangedItem } from '../domain/change.ts';
import { InvalidFileError } from '../domain/errors.ts';
import type {
  ByteRange,
  ImportFile,
  ImportPart,
  Inspection,
  PackagedProcess,
} from '../domain/import.ts';
import type { Native } from '../domain/native.ts';
import { FILE_STORE, type FileStore } from '../files/file-store.ts';
import { Inspections } from '../files/inspections.ts';
import { readHeld } from '../files/small-content.ts';
import type { AcceptedOnce } from '../ledger/accept-once.ts';
import { fingerprintOf } from '../ledger/idempotency.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { importLookMs } from '../operations/import-ready.ts';
import type { KeptOperation } from '../operations/kept-operation.ts';
import { keptBytesOf, refuseTooMuch } from '../operations/most-kept.ts';
import { OperationAcceptance, type OperationOrder } from '../operations/operation-acceptance.ts';
import { deadline } from '../timing/deadline.ts';
import type { ImportCall } from './import-call.ts';
import type { ImportOrder } from './import-order.ts';
import { type ImportPlan, keptPlan, type Planned, planOf } from './import-plan.ts';

/** An import is sent within this time after it was accepted, or not at all, in ms. */
export const importDeadlineMs = 24 * 3_600_000;

/** Looks into files, and writes down what is to be done with them. */
@Injectable()
export class ImportAcceptance {
  readonly #acceptance: OperationAcceptance;
  readonly #store: FileStore;
  readonly #inspections: Inspections;

  constructor(
    @Inject(OperationAcceptance) acceptance: OperationAcceptance,
    @Inject(FILE_STORE) store: FileStore,
    @Inject(Inspections) inspections: Inspections,
  ) {
    this.#acceptance = acceptance;
    this.#store = store;
    this.#inspections = inspections;
  }

  /** The time of the store, in ms since 1970. @throws StoreUnavailableError */
  now(): Promise<number> {
    return this.#acceptance.now();
  }

  /** Whether a request of so many bytes has a use, as its file can be looked into. @throws StoreUnavailableError */
  admit(length: number): void {
    this.#inspections.admit(length);
  }

  /** What it would do now, until its caller is gone; nothing is done. */
  async plan(
    { planToken, gone }: Pick<ImportCall, 'planToken' | 'gone'>,
    order: ImportOrder,
  ): Promise<ImportPlan> {
    const { connection } = order;
    const file = await this.#inspect(order, gone);
    const part = connection.part('import');
    const evidence = part.prepare({ files: [file], onConflict: order.onConflict });
    const seen = await part.observe(evidence, deadline(importLookMs(connection), gone));
    return planOf(plannedOf(order), seen, planToken);
  }

  async accept(
    call: ImportCall,
    order: ImportOrder,
  ): Promise<AcceptedOnce<StoredRecord<KeptOperation>>> {
    const fingerprint = fingerprintOf('POST', call.path, comparable(order, call.planToken));
    const made = await this.#acceptance.made(call, fingerprint);
    if (made !== null) return made;
    // Without Redis nothing can be accepted: then nothing is read from a store either.
    if (order.held === null) await this.#acceptance.now();
    // Who has a key is told of it when the request is repeated; to anybody else it would happen unseen, beside a second try.
    const gone = call.idempotencyKey === null ? call.gone : undefined;
    const file = await this.#inspect(order, gone);
    const prepare = () => this.#order(call, order, file, gone);
    return this.#acceptance.once(call, fingerprint, null, prepare);
  }

  async #order(
    { planToken, requestId, caller }: ImportCall,
    order: ImportOrder,
    file: ImportFile,
    gone?: AbortSignal,
  ): Promise<OperationOrder> {
    const { connection, onConflict } = order;
    const part = connection.part('import');
    const evidence = part.prepare({ files: [file], onConflict });
    const observe = () => part.observe(evidence, deadline(importLookMs(connection), gone));
    const seen = planToken === null ? null : await observe();
    const [only, ...others] = file.items;
    return {
      part: 'import',
      operation: {
        kind: 'import',
        connection: connection.id,
        platform: connection.platform.name,
        process: only === undefined || others.length > 0 ? null : only.process,
        input: inputOf(order),
        ...(seen === null || planToken === null ? {} : keptPlan(plannedOf(order), seen, planToken)),
        requestId,
        caller,
      },
      prepared: { evidence, items: file.items.map(waiting) },
      files: [file.id],
      deadlineMs: importDeadlineMs,
    };
  }

  /** Ends, or gives up waiting for its turn, once the caller is `gone`. @throws InvalidFileError */
  async #inspect(
    { connection, file, held, version }: ImportOrder,
    gone?: AbortSignal,
  ): Promise<ImportFile> {
    const part = connection.part('import');
    const { id } = file;
    const open = (range?: ByteRange): Promise<Readable> =>
      held === null ? this.#store.open(id, range) : Promise.resolve(readHeld(held, range));
    const inspect = (time: AbortSignal): Promise<Inspection> =>
      part.inspect({ ...file, open }, time);
    const found = await this.#inspections.look(file.length, inspect, gone);
    refuseVersion(version, found.items, part.isSameVersion);
    refuseTooMuch(keptBytesOf(found), 'file');
    return { ...file, ...found };
  }
}

/** @throws InvalidFileError naming both when the file is of another version than it is said to be */
function refuseVersion(
  version: string | null,
  items: readonly PackagedProcess[],
  isSame: ImportPart['isSameVersion'] = (one, other) => one === other,
): void {
  if (version === null) return;
  const other = items.find((item) => item.version === null || !isSame(item.version, version));
  if (other === undefined) return;
  const own = other.version === null ? 'no version' : `version ${other.version}`;
  throw new InvalidFileError(
    `The file brings ${own} of ${other.process}, and version says ${version}.`,
    {
      outcome: 'not_sent',
      errors: [
        { at: 'version', message: `must be ${other.version ?? 'left out'}, as the file says` },
      ],
    },
  );
}

/** What is to become of it is said once it was held against the platform. */
function waiting({ process, name, version }: PackagedProcess): ChangedItem {
  const effect = 'created';
  return { process, name, version, versionId: null, deployment: null, effect, problem: null };
}

function plannedOf({ connection, onConflict, file }: ImportOrder): Planned {
  return { kind: 'import', connection, onConflict, digests: [file.sha256] };
}

function inputOf({ file, onConflict, version }: ImportOrder): Native {
  const { name, length, sha256 } = file;
  return { file: { name, length, sha256 }, onConflict, version };
}

/** Equal for equal orders, in whatever order and between whatever boundaries their parts came. */
function comparable(order: ImportOrder, planToken: string | null): object {
  const { connection, onConflict, validateOnly, version, file } = order;
  const name = connection.part('import').heedsNames === true ? { name: file.name } : {};
  const said = { connection: connection.id, onConflict, validateOnly, version };
  return { ...said, file: file.sha256, ...name, planToken };
}
