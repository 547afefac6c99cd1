import { InvalidFileError, InvalidRequestError } from '../domain/errors.ts';
import { type ConflictMode, conflictModes } from '../domain/import.ts';
import type { FileStore, StoredFile } from '../files/file-store.ts';
import type { FormLimits, FormParts } from '../files/form-reader.ts';
import { fittingName } from '../upstream/file-name.ts';

/** What an import says besides its file. */
const textNames = ['connection', 'onConflict', 'validateOnly', 'version'] as const;
type TextName = (typeof textNames)[number];

/** As far as the query says it instead of a part. */
export type ImportTexts = Readonly<Partial<Record<TextName, string>>>;

/** A file as it came. */
export interface UploadedFile extends StoredFile {
  readonly name: string;
}

/** What is to be imported, as it was asked for. */
export interface ImportOrder {
  readonly connection: string;
  readonly onConflict: ConflictMode;
  readonly validateOnly: boolean;
  /** What the file is said to be; null where nothing was. */
  readonly version: string | null;
  readonly file: UploadedFile;
}

const fileName = 'file';
/** A form with more than these has some that would be ignored. */
export const importLimits: FormLimits = { parts: 20, textBytes: 2_000 };
const nobody = 'import.bin';

/** Is told what an import says as soon as that is known; throws when that cannot be done. */
export type TextCheck = (name: TextName, value: string) => void;

/** The parts of an import, put together as they come; what is wrong with one is said at once. */
export class ImportForm implements FormParts {
  readonly #store: FileStore;
  readonly #query: ImportTexts;
  readonly #check: TextCheck;
  readonly #texts = new Map<TextName, string>();
  #file: UploadedFile | null = null;
  #hasFile = false;

  constructor(store: FileStore, query: ImportTexts, check: TextCheck) {
    this.#store = store;
    this.#query = query;
    this.#check = check;
    for (const name of textNames) this.#look(name, query[name] ?? '');
  }

  isFile(name: string): boolean {
    return name === fileName;
  }

  text(name: string, value: string): void {
    const known = textNames.find((each) => each === name);
    if (known === undefined)
      throw invalid(name, `is not one of ${[fileName, ...textNames].join(', ')}`);
    if (this.#texts.has(known)) throw invalid(name, 'must not be repeated');
    this.#texts.set(known, value);
    this.#look(known, value);
  }

  async file(name: string, given: string | null, content: AsyncIterable<Buffer>): Promise<void> {
    if (this.#hasFile) throw invalid(name, 'must not be repeated');
    this.#hasFile = true;
    const stored = await this.#store.write(content);
    this.#file = { ...stored, name: fittingName(given ?? '', nobody) };
  }

  /** What was ordered, once everything has come. @throws InvalidRequestError, InvalidFileError */
  order(): ImportOrder {
    const connection = this.#text('connection');
    if (connection === '') throw invalid('connection', 'must be given');
    if (this.#file === null) throw invalid(fileName, 'must be given, as a part of the form');
    if (this.#file.length === 0) throw emptyFile();
    const version = this.#text('version');
    return {
      connection,
      onConflict: modeOf(this.#text('onConflict')),
      validateOnly: isYes('validateOnly', this.#text('validateOnly')),
      version: version === '' ? null : version,
      file: this.#file,
    };
  }

  /** Removes the file again; what cannot be removed now is swept later. */
  async discard(): Promise<void> {
    if (this.#file !== null) await this.#store.remove(this.#file.id).catch(() => undefined);
  }

  /** An empty one is none: a page sends its empty fields too. */
  #text(name: TextName): string {
    const part = this.#texts.get(name) ?? '';
    const query = this.#query[name] ?? '';
    if (part !== '' && query !== '' && part !== query)
      throw invalid(name, 'is said otherwise in the query');
    return part === '' ? query : part;
  }

  #look(name: TextName, value: string): void {
    if (value === '') return;
    if (name === 'onConflict') modeOf(value);
    if (name === 'validateOnly') isYes(name, value);
    this.#check(name, value);
  }
}

function modeOf(text: string): ConflictMode {
  const mode = conflictModes.find((each) => each === (text === '' ? 'error' : text));
  if (mode !== undefined) return mode;
  throw invalid('onConflict', `must be one of ${conflictModes.join(', ')}`);
}

function isYes(name: string, text: string): boolean {
  if (text === 'true') return true;
  if (text === 'false' || text === '') return false;
  throw invalid(name, 'must be true or false');
}

function invalid(at: string, message: string): InvalidRequestError {
  return new InvalidRequestError(`The form is not valid: ${at} ${message}.`, {
    outcome: 'not_sent',
    errors: [{ at, message }],
  });
}

function emptyFile(): InvalidFileError {
  const message = 'must not be empty';
  return new InvalidFileError(`The file ${message}.`, {
    outcome: 'not_sent',
    errors: [{ at: fileName, message }],
  });
}
