import type { Connection } from '../connections/connection.ts';
import { type GatewayError, InvalidRequestError } from '../domain/errors.ts';
import type { FileStore } from '../files/file-store.ts';
import type { FormLimits, FormParts } from '../files/form-reader.ts';
import { SmallContent } from '../files/small-content.ts';
import { fittingName } from '../upstream/file-name.ts';
import { canImport, refuseMode } from './import-modes.ts';
import type { ImportOrder, UploadedFile } from './import-order.ts';
import { ImportSize } from './import-size.ts';
import { emptyFile, invalid, isYes, modeOf } from './import-texts.ts';

/** What an import says besides its file. */
const textNames = ['connection', 'onConflict', 'validateOnly', 'version'] as const;
type TextName = (typeof textNames)[number];

/** As far as the query says it instead of a part. */
export type ImportTexts = Readonly<Partial<Record<TextName, string>>>;

const fileName = 'file';
/** A form with more than these has some that would be ignored. */
export const importLimits: FormLimits = { parts: 20, textBytes: 2_000 };
const nobody = 'import.bin';

/** What a form needs. */
export interface FormTools {
  readonly store: Pick<FileStore, 'write' | 'remove'>;
  /** @throws NotFoundError */
  readonly connectionOf: (id: string) => Connection;
  /** Called before a file is stored that is to be imported. @throws StoreUnavailableError */
  readonly ready: () => Promise<unknown>;
  /** Called before a file is stored, of a request of so many bytes. @throws StoreUnavailableError where none can be looked into */
  readonly admit: (length: number) => void;
  /** In bytes, of a file. */
  readonly mostBytes: number;
}

/**
 * The parts of an import, put together as they come. That there is no such connection goes before all that is wrong
 * besides (404 before 400), so other mistakes wait until the connection is known; from then on they are told at once.
 */
export class ImportForm implements FormParts {
  readonly #tools: FormTools;
  readonly #size: ImportSize;
  readonly #texts = new Map<TextName, string>();
  #query: ImportTexts = {};
  #connection: Connection | null = null;
  #mistake: GatewayError | null = null;
  #file: UploadedFile | null = null;
  #held: Buffer | null = null;
  #hasFile = false;

  constructor(tools: FormTools) {
    this.#tools = tools;
    this.#size = new ImportSize(tools.mostBytes);
  }

  /** For how many bytes of a request there is any use. */
  get size(): ImportSize {
    return this.#size;
  }

  /** The id of the connection, as soon as it is known. */
  get connection(): string | null {
    return this.#connection?.id ?? null;
  }

  /** Whether it has asked for a plan so far. */
  get isPlan(): boolean {
    return this.#said('validateOnly') === 'true';
  }

  /** The connection, by the query or by a part. @throws NotFoundError, TooLargeError, and the mistake that was made before */
  place(id: string): void {
    const connection = this.#tools.connectionOf(id);
    if (this.#connection === null) {
      this.#connection = connection;
      this.#size.narrow(connection);
    }
    if (this.#mistake !== null) throw this.#mistake;
  }

  /** Does what may find a mistake: told at once where the connection is known, else later. */
  mind<T>(work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      if (this.#connection !== null || !(error instanceof InvalidRequestError)) throw error;
      this.#mistake ??= error;
      return null;
    }
  }

  /** What the query says in place of parts. */
  asked(query: ImportTexts): void {
    this.#query = query;
  }

  isFile(name: string): boolean {
    return name === fileName;
  }

  text(name: string, value: string): void {
    if (name === 'connection' && value !== '') this.place(value);
    this.mind(() => {
      const known = textNames.find((each) => each === name);
      if (known === undefined)
        throw invalid(name, `is not one of ${[fileName, ...textNames].join(', ')}`);
      if (this.#texts.has(known)) throw invalid(name, 'must not be repeated');
      this.#texts.set(known, value);
      if (name === 'onConflict') modeOf(value);
      if (name === 'validateOnly') isYes(name, value);
    });
  }

  async file(name: string, given: string | null, content: AsyncIterable<Buffer>): Promise<void> {
    if (this.#hasFile)
      this.mind(() => {
        throw invalid(name, 'must not be repeated');
      });
    this.#hasFile = true;
    const measured = this.#size.measured(content);
    if (this.#isInVain()) return drained(measured);
    this.#tools.admit(this.#size.announced);
    if (!this.isPlan) await this.#tools.ready();
    const small = new SmallContent(measured);
    const stored = await this.#tools.store.write(small.passing());
    this.#held = small.held();
    this.#file = { ...stored, name: fittingName(given ?? '', nobody) };
    // Who has not said how much would come was let in as if it were little.
    if (this.#size.announced === 0) this.#tools.admit(stored.length);
  }

  /**
   * What was ordered, once everything has come.
   * @throws InvalidRequestError, CapabilityNotSupportedError, InvalidFileError
   */
  order(): ImportOrder {
    if (this.#mistake !== null) throw this.#mistake;
    const connection = this.#connection;
    if (connection === null) throw invalid('connection', 'must be given');
    this.#text('connection');
    const said = {
      connection,
      onConflict: modeOf(this.#text('onConflict')),
      validateOnly: isYes('validateOnly', this.#text('validateOnly')),
      version: this.#text('version') || null,
    };
    if (!this.#hasFile) throw invalid(fileName, 'must be given, as a part of the form');
    refuseMode(connection, said.onConflict);
    if (this.#file === null || this.#file.length === 0) throw emptyFile(fileName);
    return { ...said, file: this.#file, held: this.#held };
  }

  /** Removes the file again; what cannot be removed now is swept later. */
  async discard(): Promise<void> {
    if (this.#file !== null) await this.#tools.store.remove(this.#file.id).catch(() => undefined);
  }

  /** Whether it is refused anyway: then its file is not worth storing. */
  #isInVain(): boolean {
    const [connection, mode] = [this.#connection, this.#said('onConflict')];
    const cannot = connection !== null && !canImport(connection, mode);
    return this.#mistake !== null || this.#file !== null || cannot;
  }

  /** An empty one is none: a page sends its empty fields too. */
  #said(name: TextName): string {
    return (this.#texts.get(name) ?? '') || (this.#query[name] ?? '');
  }

  #text(name: TextName): string {
    const [part = '', query = ''] = [this.#texts.get(name), this.#query[name]];
    if (part !== '' && query !== '' && part !== query)
      throw invalid(name, 'is said otherwise in the query');
    return this.#said(name);
  }
}

async function drained(content: AsyncIterator<Buffer>): Promise<void> {
  while ((await content.next()).done !== true);
}
