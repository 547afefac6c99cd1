import { createHash, type Hash } from 'node:crypto';
import type { TokenName } from 'stream-json/core/parser.js';

/** The members that say what a process does, and that an import has no reason to write anew. */
const members = ['Bpmn', 'ElementParameters'] as const;
type Member = (typeof members)[number];

const printBytes = 16;

/** Tells processes of equal content by a print of some members: their values as they stream by, however they are cut. */
export class ContentPrint {
  readonly #hashes = new Map<Member, Hash>();
  #hash: Hash | null = null;
  #member: Member | null = null;
  #run = '';
  #isDrawn = false;

  /** A token below the member `key`; `depth` is 0 for the process's own members. */
  see(token: TokenName, depth: number, key: string | null): void {
    if (this.#hash === null && !this.#opens(token, depth, key)) return;
    this.#run += `\u0000${token}`;
    if (!isEnd(token, depth)) return;
    this.flush();
    this.#hash = null;
  }

  /** A part of a text, a key or a number. */
  hear(part: string): void {
    if (this.#hash === null) return;
    this.#run += part;
    this.#isDrawn ||= this.#member === 'Bpmn' && part !== '';
  }

  /** Lets go of what has come by now: it need not be kept to be part of the print. */
  flush(): void {
    if (this.#run !== '') this.#hash?.update(this.#run);
    this.#run = '';
  }

  /** Null where nothing is drawn: then nothing tells it from others. */
  end(): string | null {
    if (!this.#isDrawn) return null;
    const whole = createHash('sha256');
    for (const member of members) whole.update(this.#hashes.get(member)?.digest() ?? '-');
    return whole.digest().subarray(0, printBytes).toString('base64url');
  }

  #opens(token: TokenName, depth: number, key: string | null): boolean {
    const member = members.find((each) => each === key);
    if (depth !== 0 || member === undefined || !isStart(token)) return false;
    this.#member = member;
    this.#hash = createHash('sha256');
    this.#hashes.set(member, this.#hash);
    return true;
  }
}

function isStart(name: TokenName): boolean {
  return /^start(?!Key)|Value$/.test(name);
}

function isEnd(name: TokenName, depth: number): boolean {
  if (name === 'endObject' || name === 'endArray') return depth === 1;
  return depth === 0 && (name === 'endString' || name === 'endNumber' || name.endsWith('Value'));
}
