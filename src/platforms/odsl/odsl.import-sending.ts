import { isDeepStrictEqual } from 'node:util';
import { GatewayError, InvalidFileError, StoreUnavailableError } from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';
import type { Departure } from '../../domain/write.ts';
import { otherFile } from '../sent-file.ts';
import type { Learnt } from '../stepped-change.ts';
import { mergedWith } from './odsl.configuration.ts';
import { type PlacedConfiguration, readConfigurations } from './odsl.import-file.ts';
import type { ImportOrder } from './odsl.import-plan.ts';
import { beforeSending } from './odsl.refusals.ts';
import type { Save, WholeSave } from './odsl.save.ts';
import type { OdslSaving } from './odsl.saving.ts';
import { comparedBy, importable, wishedOf } from './odsl.wished.ts';

/** The file that was read last. */
interface Opened {
  readonly file: string;
  readonly configurations: Promise<readonly PlacedConfiguration[]>;
}

/** What an import is found again by: nothing but what its order keeps. */
export function importSaveOf({ id, wished, before, reason }: ImportOrder): Save {
  return {
    id,
    before,
    reason,
    onlyIf: null,
    // It was in no plan.
    isOfSeen: true,
    replaces: true,
    compared: (stands) => comparedBy(stands, wished),
  };
}

/** Saves configurations of stored files. */
export class OdslImportSending {
  readonly #saving: OdslSaving;
  /** Files come one after the other: each is read once, and stays until the next one is, or all of them are sent. */
  readonly #opened = new WeakMap<Departure, Opened>();

  constructor(saving: OdslSaving) {
    this.#saving = saving;
  }

  async send(order: ImportOrder, departure: Departure): Promise<Learnt> {
    const members = await beforeSending(this.#membersOf(order, departure));
    const save: WholeSave = {
      ...importSaveOf(order),
      merged: (stands) => mergedWith(order.id, stands, { members, replaces: true }),
    };
    return this.#saving.send(save, departure);
  }

  /** @throws StoreUnavailableError where the stored file is not what was looked into */
  async #membersOf({ file, index, wished }: ImportOrder, departure: Departure): Promise<Native> {
    let opened = this.#opened.get(departure);
    if (opened?.file !== file) {
      opened = { file, configurations: configurationsOf(file, departure) };
      this.#opened.set(departure, opened);
    }
    const members = importable((await opened.configurations)[index]?.members ?? {});
    if (isDeepStrictEqual(wishedOf(members), wished)) return members;
    throw otherFile();
  }
}

async function configurationsOf(
  file: string,
  { openFile, signal }: Departure,
): Promise<readonly PlacedConfiguration[]> {
  try {
    return await readConfigurations(await openFile(file), signal);
  } catch (error) {
    // It was valid when it was looked into.
    if (error instanceof InvalidFileError) throw otherFile(error);
    if (error instanceof GatewayError) throw error;
    throw new StoreUnavailableError('The stored file cannot be read.', { cause: error });
  }
}
