import type { Token } from 'stream-json/core/parser.js';
import { ContentPrint } from './export-print.ts';
import { isGuid } from './frends.lineage.ts';
import { keptName } from './frends.mapper.ts';

/** What an export file says of a process. */
export interface ScannedProcess {
  /** In lower case. */
  readonly guid: string;
  readonly name: string | null;
  /** The build, as a whole number. */
  readonly version: string | null;
  /** Equal where the content is; null where there is none to compare. */
  readonly print: string | null;
}

/** What kind of value a member has. */
export type ValueKind = 'object' | 'list' | 'text' | 'number' | 'flag' | 'null';

type Wanted = 'UniqueIdentifier' | 'Name' | 'Version';
const kinds: Readonly<Record<Wanted, ValueKind>> = {
  UniqueIdentifier: 'text',
  Name: 'text',
  Version: 'number',
};
const wanted = Object.keys(kinds) as readonly Wanted[];

const nobody = '00000000-0000-0000-0000-000000000000';

/** Gathers what a file says of one process, while its members stream by. */
export class ProcessFacts {
  readonly #at: string;
  readonly #refuse: (at: string, message: string) => void;
  readonly #facts = new Map<Wanted, string | null>();
  readonly #print = new ContentPrint();
  #key: string | null = null;
  #member: Wanted | null = null;

  /** `at` is its place in the file. */
  constructor(at: string, refuse: (at: string, message: string) => void) {
    this.#at = at;
    this.#refuse = refuse;
  }

  /** Where in the file this is. */
  get here(): string {
    return this.#key !== null && /^\w+$/.test(this.#key) ? `${this.#at}.${this.#key}` : this.#at;
  }

  /** Any token but the parts of texts and numbers, which are heard; `depth` is how many levels below the process it lies. */
  see(token: Token, depth: number): void {
    this.#print.see(token.name, depth, this.#key);
  }

  hear(part: string): void {
    this.#print.hear(part);
  }

  flush(): void {
    this.#print.flush();
  }

  /** A member begins. Names are read without regard to case there, so another spelling could mean the same. */
  named(key: string): void {
    this.#key = key;
    this.#member = wanted.find((each) => each.toLowerCase() === key.toLowerCase()) ?? null;
    if (this.#member === null) return;
    if (this.#member !== key) this.#refuse(this.here, `must be spelled ${this.#member}`);
    else if (this.#facts.has(this.#member)) this.#refuse(this.here, 'stands there twice');
    this.#facts.set(this.#member, null);
  }

  /** Its value begins. */
  begins(kind: ValueKind): void {
    if (this.#member === null || kind === 'null') return;
    if (kind === kinds[this.#member]) return;
    this.#refuse(this.here, demands[this.#member]);
    this.#member = null;
  }

  /** Its value, where that is a text or a number, and `isWhole` or else its beginning. */
  said(value: string, isWhole: boolean): void {
    const member = this.#member;
    if (member === null) return;
    if (!isGood(member, value, isWhole)) this.#refuse(this.here, demands[member]);
    this.#facts.set(member, kept[member](value));
  }

  /** Null where it cannot be told from others. */
  end(): ScannedProcess | null {
    const guid = this.#facts.get('UniqueIdentifier') ?? null;
    if (guid === null) this.#refuse(`${this.#at}.UniqueIdentifier`, 'must be a GUID');
    if (guid === null || !isGuid(guid)) return null;
    const name = this.#facts.get('Name') ?? null;
    return {
      guid,
      name: name === '' ? null : name,
      version: this.#facts.get('Version') ?? null,
      print: this.#print.end(),
    };
  }
}

const demands: Readonly<Record<Wanted, string>> = {
  UniqueIdentifier: 'must be a GUID',
  Name: 'must be a text',
  Version: 'must be a whole number',
};

/** What is kept of a value. */
const kept: Readonly<Record<Wanted, (value: string) => string>> = {
  UniqueIdentifier: (value) => value.toLowerCase(),
  Name: keptName,
  Version: (value) => value,
};

function isGood(member: Wanted, value: string, isWhole: boolean): boolean {
  switch (member) {
    case 'UniqueIdentifier':
      return isWhole && isGuid(value.toLowerCase()) && value !== nobody;
    case 'Name':
      return true;
    case 'Version':
      return isWhole && /^\d{1,10}$/.test(value);
  }
}
