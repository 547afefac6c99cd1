import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { Readable } from 'node:stream';
import { InvalidRequestError, TooLargeError } from '../domain/errors.ts';

/** Who takes the parts of a form as they come. What is thrown ends the reading. */
export interface FormParts {
  /** `fileName` is null for a part without one. */
  isFile(name: string, fileName: string | null): boolean;
  text(name: string, value: string): void;
  /** Has to read the content to its end. */
  file(name: string, fileName: string | null, content: Readable): Promise<void>;
}

/** What a form may have at most. */
export interface FormLimits {
  readonly parts: number;
  /** Of one text. */
  readonly textBytes: number;
}

/** A form on its way in. */
export interface Form {
  /** `Content-Type`, with its boundary. */
  readonly type: string;
  readonly content: AsyncIterable<Buffer>;
}

/**
 * Reads a form of `multipart/form-data` (RFC 7578), no faster than its files are taken. Once this rejects, nobody takes
 * anything of it any more.
 * @throws InvalidRequestError when it is none, TooLargeError beyond a limit, and what its content or `parts` throws
 */
export async function readForm(form: Form, limits: FormLimits, parts: FormParts): Promise<void> {
  await new Reading(form, limits, parts).read();
}

class Reading {
  readonly #content: AsyncIterable<Buffer>;
  readonly #parser: BusboyInstance;
  readonly #parts: FormParts;
  readonly #files: { readonly content: Readable; readonly taken: Promise<void> }[] = [];
  #failure: { readonly error: unknown } | null = null;
  /** Ends the wait for the parser, which does not go on without those who failed. */
  #abort: (error: unknown) => void = () => undefined;

  constructor({ type, content }: Form, limits: FormLimits, parts: FormParts) {
    this.#content = content;
    this.#parts = parts;
    this.#parser = parserOf(type, limits, parts);
    this.#listen(limits);
  }

  async read(): Promise<void> {
    try {
      for await (const chunk of this.#content)
        await this.#step((done) => this.#parser.write(chunk, done));
      await this.#step((done) => this.#parser.once('finish', done).end());
      await Promise.all(this.#files.map(({ taken }) => taken));
      if (this.#failure !== null) throw this.#failure.error;
    } catch (error) {
      for (const { content } of this.#files) content.destroy(asError(error));
      await Promise.all(this.#files.map(({ taken }) => taken));
      throw error;
    }
  }

  #step(begin: (done: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#abort = reject;
      if (this.#failure === null) begin(resolve);
      else reject(asError(this.#failure.error));
    });
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#abort(this.#failure.error);
  }

  #listen({ parts, textBytes }: FormLimits): void {
    this.#parser
      .on('field', (name: string | undefined, value, _nameCut, isCut) => {
        this.#guard(() => {
          if (isCut)
            throw tooLarge(`The text of ${String(name)} is longer than ${textBytes} bytes.`);
          this.#parts.text(named(name), value);
        });
      })
      .on('file', (name: string | undefined, content, fileName: string | undefined) => {
        content.on('error', (error) => {
          // Whoever takes it may let go of it too, and says why.
          if (!content.destroyed) this.#fail(invalid(error));
        });
        this.#files.push({ content, taken: this.#take(name, fileName ?? null, content) });
      })
      .on('partsLimit', () => {
        this.#fail(tooLarge(`The form has more than ${parts} parts.`));
      })
      .on('error', (error) => {
        this.#fail(invalid(error));
      });
  }

  async #take(name: string | undefined, fileName: string | null, content: Readable): Promise<void> {
    try {
      await this.#parts.file(named(name), fileName, content);
    } catch (error) {
      this.#fail(error);
    }
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }
}

function parserOf(
  type: string,
  { parts, textBytes }: FormLimits,
  taker: FormParts,
): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': type },
      limits: { parts, fieldSize: textBytes },
      preservePath: true,
      isPartAFile: (name = '', _type, fileName) => taker.isFile(name, fileName ?? null),
    });
  } catch (error) {
    throw invalid(error);
  }
}

function named(name: string | undefined): string {
  if (name !== undefined && name !== '') return name;
  throw new InvalidRequestError('A part of the form has no name.', { outcome: 'not_sent' });
}

function invalid(cause: unknown): InvalidRequestError {
  const why = cause instanceof Error ? cause.message : 'it cannot be read';
  return new InvalidRequestError(`The form is not valid: ${why}.`, { outcome: 'not_sent', cause });
}

function tooLarge(message: string): TooLargeError {
  return new TooLargeError(message, { outcome: 'not_sent' });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
