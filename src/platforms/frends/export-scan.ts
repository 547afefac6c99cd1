import type { Token } from 'stream-json/core/parser.js';
import type { FieldError } from '../../domain/errors.ts';
import { ProcessFacts, type ScannedProcess, type ValueKind } from './export-process.ts';

/** Each is an item of the operation, which is kept for a month. */
export const mostProcesses = 1_000;
const deepest = 200;
/** So many problems of a file are told. */
const mostErrors = 20;
/** Kept of a text or number, in characters: more than anything that is looked for may have. */
const longestKept = 1_024;

type Part = 'Processes' | 'ProcessTemplates';
const parts: readonly Part[] = ['Processes', 'ProcessTemplates'];
const notThere = 'must be a list of at least one process';
const kindsByToken: Partial<Record<Token['name'], ValueKind>> = {
  startObject: 'object',
  startArray: 'list',
  startString: 'text',
  startNumber: 'number',
  nullValue: 'null',
  trueValue: 'flag',
  falseValue: 'flag',
};
/** How deep the members of a process lie. */
const memberDepth = 3;

/**
 * Reads an export file token by token: what each process is, and a print of what it does. It holds no object of the file,
 * and of a text no more than its beginning.
 */
export class ExportScan {
  readonly processes: ScannedProcess[] = [];
  readonly errors: FieldError[] = [];
  readonly #guids = new Map<string, number>();
  readonly #parts = new Set<Part>();
  #depth = 0;
  #isWhole = false;
  #isGivenUp = false;
  #part: Part | null = null;
  #at = -1;
  #process: ProcessFacts | null = null;
  #text = '';
  #isCut = false;

  /** Whether nothing more of the file is worth reading. */
  get isHopeless(): boolean {
    return this.#isGivenUp || this.errors.length >= mostErrors;
  }

  /** Whether the value that the file is has ended. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  take(tokens: readonly Token[]): void {
    for (const token of tokens) {
      if (token.name === 'stringChunk' || token.name === 'numberChunk') this.#hear(token.value);
      else {
        this.#process?.see(token, this.#depth - memberDepth);
        this.#take(token);
        if (this.isHopeless) return;
      }
    }
    this.#process?.flush();
  }

  /** The file cannot be read any further. */
  stop(at: string, message: string): void {
    this.#giveUp(at, message);
  }

  /** Says what is missing in a file that has ended. */
  end(): void {
    if (!this.#parts.has('Processes') && this.errors.length === 0)
      this.#refuse('Processes', notThere);
  }

  #take(token: Token): void {
    const kind = kindsByToken[token.name];
    if (kind !== undefined) this.#begins(kind);
    if (kind === 'object' || kind === 'list') this.#opens();
    else if (token.name === 'endObject' || token.name === 'endArray') this.#closes();
    else if (token.name === 'endKey') this.#ended(true);
    else if (token.name === 'endString' || token.name === 'endNumber') this.#ended(false);
  }

  /** By far the most tokens of a file: a part of a text, a key or a number. */
  #hear(part: string): void {
    this.#process?.hear(part);
    if (this.#isCut) return;
    const left = longestKept - this.#text.length;
    this.#isCut = part.length > left;
    this.#text += this.#isCut ? part.slice(0, left) : part;
  }

  /** A key or a value. Those that are looked at are copied: a part of a larger text would keep all of it in memory. */
  #ended(isKey: boolean): void {
    const isWhole = !this.#isCut;
    const text = this.#text;
    this.#text = '';
    this.#isCut = false;
    if (this.#depth !== (this.#process === null ? 1 : memberDepth)) return;
    const copy = Buffer.from(text, 'utf16le').toString('utf16le');
    if (isKey) this.#named(copy);
    else this.#process?.said(copy, isWhole);
  }

  #named(key: string): void {
    if (this.#process !== null) {
      this.#process.named(key);
      return;
    }
    this.#part = parts.find((each) => each.toLowerCase() === key.toLowerCase()) ?? null;
    if (this.#part === null) return;
    if (this.#part !== key) this.#refuse(key, `must be spelled ${this.#part}`);
    else if (this.#parts.has(this.#part)) this.#refuse(key, 'stands there twice');
    else if (key === 'ProcessTemplates')
      this.#refuse(
        key,
        'must not be there: templates are imported by another way, which is not served',
      );
    this.#parts.add(this.#part);
  }

  #begins(kind: ValueKind): void {
    if (this.#depth === 0 && kind !== 'object')
      this.#giveUp('file', 'must be an object with Processes');
    if (this.#part !== 'Processes') return;
    if (this.#depth === 1 && kind !== 'list') {
      this.#refuse('Processes', notThere);
      this.#part = null;
    }
    if (this.#depth === 2) this.#enter(kind);
    if (this.#depth === memberDepth) this.#process?.begins(kind);
  }

  #opens(): void {
    this.#depth += 1;
    if (this.#depth <= deepest) return;
    const where = this.#process?.here ?? this.#part ?? 'file';
    this.#giveUp(where, `must not be deeper than ${deepest} levels`);
  }

  #enter(kind: ValueKind): void {
    this.#at += 1;
    const at = `Processes[${this.#at}]`;
    if (this.#at >= mostProcesses)
      this.#giveUp(at, `is one too many: a file may hold ${mostProcesses} processes`);
    else if (kind !== 'object') this.#refuse(at, 'must be a process');
    else
      this.#process = new ProcessFacts(at, (where, message) => {
        this.#refuse(where, message);
      });
  }

  #closes(): void {
    this.#depth -= 1;
    if (this.#depth === 2 && this.#process !== null) this.#leave(this.#process);
    if (this.#depth === 1) {
      if (this.#part === 'Processes' && this.#at < 0) this.#refuse('Processes', notThere);
      this.#part = null;
    }
    this.#isWhole = this.#depth === 0;
  }

  #leave(process: ProcessFacts): void {
    this.#process = null;
    const known = process.end();
    if (known === null) return;
    const other = this.#guids.get(known.guid);
    const at = `Processes[${this.#at}].UniqueIdentifier`;
    if (other === undefined) {
      this.#guids.set(known.guid, this.#at);
      this.processes.push(known);
    } else this.#refuse(at, `is that of Processes[${other}] too`);
  }

  #refuse(at: string, message: string): void {
    if (!this.isHopeless) this.errors.push({ at, message });
  }

  #giveUp(at: string, message: string): void {
    this.#refuse(at, message);
    this.#isGivenUp = true;
  }
}
