import type { FieldError } from './errors.ts';

/** A container that a place in the text lies in. */
interface Level {
  readonly isArray: boolean;
  /** Where in it: a member's name, or an element's number. */
  at: string | number;
  /** Whether a name comes next. */
  awaitsName: boolean;
  /** The names so far. */
  names?: Set<string>;
  /** Whether the last of them was there before. */
  isRepeated: boolean;
}

/** What is nested deeper has no reader. */
const deepestBody = 100;
/** A place is told by so many of its levels, and so much of their names. */
const mostNamed = 20;
/** The place of what is no part of anything. */
export const wholeText = 'body';
const longestName = 200;
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[[{\]},]|-?\d[\d.eE+-]*/g;
/** A string, and the colon that makes a name of it. */
const stringOrName = /"[^"\\]*(?:\\.[^"\\]*)*"(?:[ \t\n\r]*(:))?/g;
/** Nothing else can hold such a number. */
const longNumber = /\d{16}|\d[eE][+-]?\d{3}/;
/** Nothing else can hold half of a surrogate pair: text that is UTF-8 has them by escapes alone. */
const surrogate = /\\u[dD][89a-fA-F]/;
/** Nothing else can hold such a name, which may be escaped. */
const reservedName = /__proto__|prototype|\\u/;

/**
 * Where JSON says what could only be passed on as something else: a number that no IEEE 754 double holds (RFC 8259 §6),
 * or more levels than `deepest`; null when it does not. The text has been parsed before.
 */
export function beyondLimits(text: string, deepest = deepestBody): FieldError | null {
  if (!longNumber.test(text) && !hasMoreLevels(text, deepest)) return null;
  for (const [found, levels] of walked(text)) {
    if (levels.length > deepest)
      return { at: placeOf(levels), message: `must not be nested deeper than ${deepest} levels` };
    if (/^[-\d]/.test(found) && !isKept(found))
      return {
        at: placeOf(levels),
        message: `must be a number that a double holds, which ${found.slice(0, 40)} is not; as text it stays as it is`,
      };
  }
  return null;
}

/**
 * Where JSON has a member that would change what an object is for whoever copies it: `__proto__`, or a `prototype` of a
 * `constructor`. The text has been parsed before.
 */
export function reservedMember(text: string): FieldError | null {
  if (!reservedName.test(text)) return null;
  for (const [found, levels] of walked(text)) {
    if (!found.startsWith('"')) continue;
    if (isReserved(levels.slice(-2).map(({ at }) => at)))
      return { at: placeOf(levels), message: 'is a name that no member may have' };
  }
  return null;
}

/** Whether the last of names that lie within each other is one that no member may have. */
export function isReserved(names: readonly (string | number)[]): boolean {
  const [above, last] = [names.at(-2), names.at(-1)];
  return last === '__proto__' || (last === 'prototype' && above === 'constructor');
}

/**
 * Where JSON has text that no UTF-8 can hold, so that U+FFFD would be passed on in its place (RFC 8259 §8.2); null where
 * it has none. The text has been parsed before, and is UTF-8 itself.
 */
export function halfSurrogate(text: string): FieldError | null {
  if (!surrogate.test(text)) return null;
  for (const [found, levels] of walked(text)) {
    if (surrogate.test(found) && !(JSON.parse(found) as string).isWellFormed())
      return {
        at: placeOf(levels),
        message: 'must be Unicode text, which half of a surrogate pair is not',
      };
  }
  return null;
}

/**
 * Where JSON names a member of an object again, of which only the last would be passed on; null when it does not. Names
 * are counted first, as that is many times cheaper than to look where they stand.
 */
export function repeatedMember(text: string, parsed: unknown): FieldError | null {
  if (namesIn(text) === membersOf(parsed)) return null;
  for (const [, levels] of walked(text)) {
    if (levels.at(-1)?.isRepeated === true)
      return { at: placeOf(levels), message: 'must not be repeated in its object' };
  }
  return null;
}

function namesIn(text: string): number {
  let count = 0;
  for (const [, colon] of text.matchAll(stringOrName)) if (colon !== undefined) count += 1;
  return count;
}

function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner: unknown[] = Object.values(value);
  const own = Array.isArray(value) ? 0 : inner.length;
  return inner.reduce<number>((sum, each) => sum + membersOf(each), own);
}

/** The tokens of a JSON text, but words, colons and closed levels; each with the levels that it stands in. */
function* walked(text: string): Generator<readonly [token: string, levels: readonly Level[]]> {
  const levels: Level[] = [];
  for (const [found] of text.matchAll(token)) {
    const level = levels.at(-1);
    if (found === ']' || found === '}') levels.pop();
    else if (found === ',') goOn(level);
    else if (found.startsWith('"')) name(level, found);
    else if (found === '[' || found === '{') {
      const isArray = found === '[';
      const at = isArray ? 0 : '';
      levels.push({ isArray, at, awaitsName: !isArray, isRepeated: false });
    }
    yield [found, levels];
  }
}

function hasMoreLevels(text: string, deepest: number): boolean {
  return (text.match(/[[{]/g)?.length ?? 0) > deepest;
}

function goOn(level: Level | undefined): void {
  if (level === undefined) return;
  if (typeof level.at === 'number') level.at += 1;
  level.awaitsName = !level.isArray;
}

function name(level: Level | undefined, text: string): void {
  if (level?.awaitsName !== true) return;
  level.at = JSON.parse(text) as string;
  level.names ??= new Set();
  level.isRepeated = level.names.has(level.at);
  level.names.add(level.at);
  level.awaitsName = false;
}

/** Whether it is the same number again after it was read; what has a point or an exponent was rounded by whoever wrote it. */
function isKept(text: string): boolean {
  const number = Number(text);
  if (!Number.isFinite(number)) return false;
  if (number === 0) return !/^-?[\d.]*[1-9]/.test(text);
  if (Math.abs(number) <= Number.MAX_SAFE_INTEGER || !/^-?\d+$/.test(text)) return true;
  const written = BigInt(text);
  // What prints doubles prints no more digits than tell them apart, so that such a text is not the exact number.
  return written === BigInt(number) || written === printed(number);
}

/** The number that a whole double, too large to be a safe one, is printed as (ECMA-262, Number::toString). */
function printed(number: number): bigint {
  const [digits = '', exponent = '0'] = String(number).split('e+');
  const [whole = '', fraction = ''] = digits.split('.');
  return BigInt(whole + fraction) * 10n ** BigInt(Number(exponent) - fraction.length);
}

function placeOf(levels: readonly Level[]): string {
  if (levels.length === 0) return wholeText;
  const place = levels
    .slice(0, mostNamed)
    .map(({ at }) => (typeof at === 'number' ? `[${at}]` : `.${at.slice(0, longestName)}`))
    .join('')
    .replace(/^\./, '');
  return levels.length > mostNamed ? `${place}…` : place;
}
