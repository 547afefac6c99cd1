import { own } from '../kit/own.ts';
import { invalid } from './fault.ts';

/** How a member compares: by the type that the platform's model gives it. */
export interface Member<T> {
  readonly type: 'string' | 'guid' | 'number' | 'boolean' | 'date' | readonly string[];
  readonly of: (item: T) => string | number | boolean | null;
}

export type Members<T> = Readonly<Record<string, Member<T>>>;

type Value = string | number | boolean | null;
type Test<T> = (item: T) => boolean;
interface Token {
  readonly kind: 'string' | 'word' | 'mark';
  readonly text: string;
}

const mostExpressions = 100;
const tokens = /\s*(?:'((?:[^']|'')*)'|([(),])|([^\s(),']+))/y;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
};
const searches: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  contains: (text, part) => text.includes(part),
  startswith: (text, part) => text.startsWith(part),
  endswith: (text, part) => text.endsWith(part),
};

/** Reads a `$filter` (OData 4.01 §5.1.1) of comparisons, `in`, `contains` and its like, `and`, `or`, `not` and brackets. */
export function parseFilter<T>(text: string, members: Members<T>): Test<T> {
  return new FilterParser(tokensOf(text), members).whole();
}

function tokensOf(text: string): Token[] {
  const found: Token[] = [];
  tokens.lastIndex = 0;
  while (text.slice(tokens.lastIndex).trim() !== '') {
    const at = tokens.exec(text);
    if (at === null) throw invalid(`Invalid OData query options: syntax error in '${text}'.`);
    const [, literal, mark, word] = at;
    if (literal !== undefined) found.push({ kind: 'string', text: literal.replaceAll("''", "'") });
    else found.push({ kind: mark === undefined ? 'word' : 'mark', text: mark ?? word ?? '' });
  }
  return found;
}

class FilterParser<T> {
  readonly #tokens: readonly Token[];
  readonly #members: Members<T>;
  #at = 0;
  #expressions = 0;

  constructor(found: readonly Token[], members: Members<T>) {
    this.#tokens = found;
    this.#members = members;
  }

  whole(): Test<T> {
    const test = this.#or();
    if (this.#at < this.#tokens.length) throw this.#unexpected();
    return test;
  }

  #or(): Test<T> {
    const tests = [this.#and()];
    while (this.#takes('or')) tests.push(this.#and());
    return (item) => tests.some((test) => test(item));
  }

  #and(): Test<T> {
    const tests = [this.#single()];
    while (this.#takes('and')) tests.push(this.#single());
    return (item) => tests.every((test) => test(item));
  }

  #single(): Test<T> {
    if (this.#takes('not')) {
      const test = this.#single();
      return (item) => !test(item);
    }
    if (this.#takes('(')) {
      const test = this.#or();
      this.#expect(')');
      return test;
    }
    this.#expressions += 1;
    if (this.#expressions > mostExpressions)
      throw invalid(`The filter has more than ${mostExpressions} expressions.`);
    const { text } = this.#next();
    const search = own(searches, text);
    return search === undefined ? this.#comparison(text) : this.#search(search);
  }

  #search(search: (text: string, part: string) => boolean): Test<T> {
    this.#expect('(');
    const member = this.#member(this.#next().text);
    this.#expect(',');
    const part = this.#next().text.toLowerCase();
    this.#expect(')');
    return (item) => search(String(member.of(item) ?? '').toLowerCase(), part);
  }

  #comparison(name: string): Test<T> {
    const member = this.#member(name);
    const operator = this.#next().text;
    if (operator === 'in') return this.#in(member);
    const holds = own(comparisons, operator);
    if (holds === undefined) throw this.#unexpected();
    const wanted = valueOf(member, this.#next(), false);
    return (item) => holds(orderOf(member, member.of(item), wanted));
  }

  #in(member: Member<T>): Test<T> {
    const wanted: Value[] = [];
    this.#expect('(');
    do wanted.push(valueOf(member, this.#next(), true));
    while (this.#takes(','));
    this.#expect(')');
    return (item) => wanted.some((each) => orderOf(member, member.of(item), each) === 0);
  }

  #member(name: string): Member<T> {
    const member = own(this.#members, name);
    if (member === undefined) throw invalid(`Could not find a property named '${name}'.`);
    return member;
  }

  #takes(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.kind === 'string' || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw this.#unexpected();
  }

  #next(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.#unexpected();
    this.#at += 1;
    return token;
  }

  #unexpected(): Error {
    const near = this.#tokens[this.#at]?.text ?? 'the end';
    return invalid(`Invalid OData query options: syntax error at '${near}'.`);
  }
}

/** A literal as the member's type takes it: a GUID stands bare, but for the list of an `in`; a string never does. */
function valueOf<T>({ type }: Member<T>, { kind, text }: Token, inList: boolean): Value {
  const quoted = kind === 'string';
  if (!quoted && text === 'null') return null;
  if (type === 'guid' && guid.test(text) && (!quoted || inList)) return text;
  if (type === 'string' && quoted) return text;
  if (type === 'number' && !quoted && Number.isFinite(Number(text))) return Number(text);
  if (type === 'boolean' && !quoted && /^(true|false)$/.test(text)) return text === 'true';
  if (type === 'date' && !quoted && !Number.isNaN(Date.parse(text))) return Date.parse(text);
  if (typeof type === 'object' && quoted) {
    const place = /^\d+$/.test(text) ? Number(text) : type.indexOf(text);
    if (place >= 0 && place < type.length) return place;
  }
  throw invalid(`A binary operator with incompatible types was detected near '${text}'.`);
}

/** Where a value stands to a wanted one; NaN when they cannot be compared, so that no operator holds. */
function orderOf<T>({ type }: Member<T>, value: Value, wanted: Value): number {
  if (value === null || wanted === null) return value === wanted ? 0 : Number.NaN;
  const right = typeof wanted === 'string' ? wanted.toLowerCase() : Number(wanted);
  return compareValues(comparable(type, value), right);
}

/** A value in the form in which it is ordered: words as the database does it, without regard to case. */
export function comparable(
  type: Member<unknown>['type'],
  value: string | number | boolean,
): string | number {
  if (typeof type === 'object') return type.indexOf(String(value));
  if (type === 'date') return Date.parse(String(value));
  return typeof value === 'string' ? value.toLowerCase() : Number(value);
}

export function compareValues(left: string | number, right: string | number): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return left === right ? 0 : String(left) < String(right) ? -1 : 1;
}
