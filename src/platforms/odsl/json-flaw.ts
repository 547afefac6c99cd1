/** What may stand for a value that is neither a text, a list nor an object (RFC 8259 §3, §6). */
const plainValue = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escape = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;
const blanks = new Set(' \t\n\r');
/** What of a text stands for itself (RFC 8259 §7). */
// eslint-disable-next-line no-control-regex -- they have to be escaped
const plain = /[^"\\\u0000-\u001f]+/y;

type Expected = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'comma or end';

/** How much JSON is taken. */
export interface JsonLimits {
  /** Lists and objects within each other. */
  readonly depth: number;
  /** Values, each list and object one of them. */
  readonly values: number;
}

export interface JsonFlaw {
  /** In characters from the start of the text. */
  readonly at: number;
  readonly why: 'no JSON' | keyof JsonLimits;
}

/** Where a text stops being JSON (RFC 8259), or is more than is taken; null where it is neither. Nothing is built of it. */
export function jsonFlawOf(text: string, { depth, values }: JsonLimits): JsonFlaw | null {
  const scan = new Scan(text);
  while (scan.step()) {
    if (scan.depth > depth) return { at: scan.at - 1, why: 'depth' };
    if (scan.values > values) return { at: scan.began, why: 'values' };
  }
  return scan.isWhole ? null : { at: scan.at, why: 'no JSON' };
}

/** Where an offset lies, as editors say it. */
export function lineAndColumn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `line ${line}, column ${offset - before.lastIndexOf('\n')}`;
}

/** `JSON.parse` says where it gave up only sometimes, and quotes what it read. */
class Scan {
  at = 0;
  values = 0;
  /** Where the value began that was read last. */
  began = 0;
  readonly #text: string;
  /** The ends of what is open, the innermost last. */
  readonly #ends: string[] = [];
  #expected: Expected = 'value';

  constructor(text: string) {
    this.#text = text;
  }

  get isWhole(): boolean {
    const isOver = this.#expected === 'comma or end' && this.#ends.length === 0;
    return isOver && this.at === this.#text.length;
  }

  get depth(): number {
    return this.#ends.length;
  }

  /** Goes one token further; false where there is none that fits. */
  step(): boolean {
    while (blanks.has(this.#next)) this.at += 1;
    if (this.#expected.endsWith('or end') && this.#closes()) return true;
    switch (this.#expected) {
      case 'value':
      case 'value or end':
        return this.#value();
      case 'name':
      case 'name or end':
        return this.#next === '"' && this.#string('colon');
      case 'colon':
        return this.#take(':', 'value');
      case 'comma or end':
        return this.#ends.length > 0 && this.#take(',', this.#end === '}' ? 'name' : 'value');
    }
  }

  get #next(): string {
    return this.#text[this.at] ?? '';
  }

  get #end(): string | undefined {
    return this.#ends.at(-1);
  }

  #take(token: string, expected: Expected): boolean {
    if (this.#next !== token) return false;
    this.at += 1;
    this.#expected = expected;
    return true;
  }

  #closes(): boolean {
    const end = this.#end;
    if (end === undefined || !this.#take(end, 'comma or end')) return false;
    this.#ends.pop();
    return true;
  }

  #value(): boolean {
    this.began = this.at;
    this.values += 1;
    if (this.#take('{', 'name or end')) return this.#ends.push('}') > 0;
    if (this.#take('[', 'value or end')) return this.#ends.push(']') > 0;
    if (this.#next === '"') return this.#string('comma or end');
    return this.#matches(plainValue, 'comma or end');
  }

  #string(expected: Expected): boolean {
    this.at += 1;
    while (this.#matches(plain, this.#expected) || this.#matches(escape, this.#expected));
    return this.#take('"', expected);
  }

  #matches(pattern: RegExp, expected: Expected): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.#text)) return false;
    this.at = pattern.lastIndex;
    this.#expected = expected;
    return true;
  }
}
