import { InvalidFileError, InvalidRequestError, TooLargeError } from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';
import type { StartFile } from '../../domain/run.ts';
import type { FileStore, StoredFile } from '../../files/file-store.ts';
import type { FormLimits, FormParts } from '../../files/form-reader.ts';
import { jsonFault } from '../../http/json-fault.ts';
import {
  beyondLimits,
  halfSurrogate,
  isReserved,
  repeatedMember,
  reservedMember,
} from '../../domain/json-limits.ts';
import { noZip, zipOnly } from './zip-only.ts';

/** A file that came with a start, as it is stored. */
export interface OrderFile extends StartFile {
  readonly sha256: string;
}

/** What a start with files asks for. */
export interface FilesOrder {
  /** Id of the process; null when only the connection is named. */
  readonly process: string | null;
  readonly connection: string | null;
  readonly entryPoint: string | null;
  readonly request: Native;
  readonly parameters: Readonly<Record<string, string>>;
  readonly archive: OrderFile | null;
  readonly files: readonly OrderFile[];
}

/** What a start with files may have at most; the texts of it all together. */
export const orderLimits: FormLimits = { parts: 100, textBytes: 1_024 ** 2 };
const longestName = 200;

const ofOtherStart =
  'is of POST /v1/processes/{id}/runs; here the configuration of the run stands in request, and parameters have other names';

const archiveName = 'archive';
const requestName = 'request';
const targetNames = ['process', 'connection', 'entryPoint'] as const;
/** They are texts, whatever they are sent as. */
const ownTexts: readonly string[] = [...targetNames, requestName];

/** What the other start calls its members: as parameters they would do nothing of what they say. */
const otherWords: readonly string[] = [
  'input',
  'version',
  'deployment',
  'labels',
  'scheduleAt',
  'options',
];
/** Those of them that are sent as files when they are long. */
const otherObjects: readonly string[] = ['input', 'options'];

/** What is started, as far as the query says it instead of a part. */
export type QueryTarget = Readonly<Partial<Record<(typeof targetNames)[number], string>>>;

/** Is told what is to be started as soon as that is known; throws when it cannot be. */
export type TargetCheck = (name: 'process' | 'connection', id: string) => void;

/** The parts of a start with files, put together as they come; what is wrong with one is said at once. */
export class FilesOrderParts implements FormParts {
  readonly #store: FileStore;
  readonly #query: QueryTarget;
  readonly #check: TargetCheck;
  readonly #names = new Set<string>();
  readonly #texts = new Map<string, string>();
  readonly #files = new Map<string, StoredFile>();
  #textBytes = 0;

  constructor(store: FileStore, query: QueryTarget, check: TargetCheck) {
    this.#store = store;
    this.#query = query;
    this.#check = check;
    for (const name of targetNames) this.#look(name, query[name] ?? '');
  }

  isFile(name: string, fileName: string | null): boolean {
    return name === archiveName || (fileName !== null && !ownTexts.includes(name));
  }

  text(name: string, value: string): void {
    if (otherWords.includes(name)) throw invalid(name, ofOtherStart);
    const problem = this.#problemOf(name) ?? parameterProblem(name);
    if (problem !== null) throw invalid(name, problem);
    this.#textBytes += Buffer.byteLength(value);
    if (this.#textBytes > orderLimits.textBytes)
      throw new TooLargeError(`The texts are longer than ${orderLimits.textBytes} bytes.`, {
        outcome: 'not_sent',
      });
    this.#texts.set(name, value);
    this.#look(name, value);
  }

  async file(name: string, fileName: string | null, content: AsyncIterable<Buffer>): Promise<void> {
    if (otherObjects.includes(name)) throw invalid(name, ofOtherStart);
    const problem = this.#problemOf(name);
    if (problem !== null) throw badFile(name, problem);
    const isArchive = name === archiveName;
    const stored = await this.#store.write(isArchive ? zipOnly(content, name) : content);
    // A page sends no name and no content for a field where nothing was chosen.
    const isNamed = fileName !== null && fileName !== '';
    if (stored.length > 0 || (isNamed && !isArchive)) this.#files.set(name, stored);
    else {
      await this.#store.remove(stored.id);
      if (isNamed) throw noZip(name);
    }
  }

  /** What was ordered, once everything has come. @throws InvalidRequestError */
  order(): FilesOrder {
    const [process, connection, entryPoint] = [
      this.#target('process'),
      this.#target('connection'),
      this.#target('entryPoint'),
    ];
    if (process === null && connection === null) throw untold();
    if (process !== null && connection !== null && !process.startsWith(`${connection}:`))
      throw invalid('connection', 'must be the one of the process');
    const parameters = [...this.#texts].filter(([name]) => !ownTexts.includes(name));
    const files = [...this.#names].flatMap((name) => this.#fileOf(name) ?? []);
    return {
      process,
      connection,
      entryPoint,
      request: requestOf(this.#texts.get(requestName) ?? ''),
      parameters: Object.fromEntries(parameters),
      archive: this.#fileOf(archiveName),
      files: files.filter(({ name }) => name !== archiveName),
    };
  }

  /** Removes the files again; what cannot be removed now is swept later. */
  async discard(): Promise<void> {
    const ids = [...this.#files.values()].map(({ id }) => id);
    await Promise.allSettled(ids.map((id) => this.#store.remove(id)));
  }

  #fileOf(name: string): OrderFile | null {
    const stored = this.#files.get(name);
    return stored === undefined ? null : { name, ...stored };
  }

  /** An empty one is none: a page sends its empty fields too. */
  #target(name: (typeof targetNames)[number]): string | null {
    const part = this.#texts.get(name) ?? '';
    const query = this.#query[name] ?? '';
    if (part !== '' && query !== '' && part !== query)
      throw invalid(name, 'is said otherwise in the query');
    return part === '' ? (query === '' ? null : query) : part;
  }

  #look(name: string, id: string): void {
    if (id !== '' && (name === 'process' || name === 'connection')) this.#check(name, id);
  }

  #problemOf(name: string): string | null {
    if (this.#names.has(name)) return 'must not be repeated';
    this.#names.add(name);
    if (name.length > longestName) return `must have a name of ${longestName} characters at most`;
    if (name.startsWith('/') || name.includes('..'))
      return 'must have a name that stays within its folder';
    return null;
  }
}

/** The name of a parameter nests by dots. */
function parameterProblem(name: string): string | null {
  const names = name.split('.');
  return names.some((_, at) => isReserved(names.slice(0, at + 1)))
    ? 'is a name that no member may have'
    : null;
}

/** @throws InvalidRequestError naming the place */
function requestOf(text: string): Native {
  if (text.trim() === '') return {};
  const fault = jsonFault(text);
  if (fault !== null) throw invalid('request', fault.message);
  const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('request', 'must be a JSON object');
  const wrong =
    reservedMember(text) ??
    beyondLimits(text) ??
    halfSurrogate(text) ??
    repeatedMember(text, value);
  if (wrong !== null) throw invalid(`request.${wrong.at}`, wrong.message);
  return value as Native;
}

function invalid(at: string, message: string): InvalidRequestError {
  return new InvalidRequestError(`The form is not valid: ${at} ${message}.`, {
    outcome: 'not_sent',
    errors: [{ at, message }],
  });
}

/** A ZIP alone has no parts to say it in. */
function untold(): InvalidRequestError {
  const message = 'must be given, or else connection, as a part of a form or in the query';
  return new InvalidRequestError(`Nothing says what is to be started: process ${message}.`, {
    outcome: 'not_sent',
    errors: [{ at: 'process', message }],
  });
}

function badFile(at: string, message: string): InvalidFileError {
  return new InvalidFileError(`The file ${at} ${message}.`, {
    outcome: 'not_sent',
    errors: [{ at, message }],
  });
}
