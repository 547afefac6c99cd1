import type { FieldError } from '../domain/errors.ts';

/** What the next token of JSON has to be, in words. */
const words = {
  value: 'a value',
  element: 'a value or "]"',
  name: 'a name in double quotes',
  member: 'a name in double quotes or "}"',
  colon: '":"',
  moreElements: '"," or "]"',
  moreMembers: '"," or "}"',
  end: 'the end',
} as const;

type Awaited = keyof typeof words;

const space = /[ \t\n\r]*/y;
const token = /[[\]{}:,]|true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** A string as far as it is one, without its end. */
const begunString =
  /"[^"\\\p{Cc}]*(?:(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})|[\x7f-\x9f])[^"\\\p{Cc}]*)*/uy;

/**
 * Where a text is not JSON (RFC 8259 §2) for the first time, and what would have to be there; null when it is JSON. The
 * words of the engine would be others with each release, and may repeat what was sent.
 */
export function jsonFault(text: string): FieldError | null {
  const open: string[] = [];
  let awaits: Awaited = 'value';
  for (let at = text.startsWith('\ufeff') ? 1 : 0; ;) {
    at += found(space, text, at).length;
    if (at === text.length && awaits === 'end') return null;
    const string = found(begunString, text, at);
    const ends = at + string.length;
    if (string !== '' && text[ends] !== '"') return fault(text, ends, wantedIn(text, ends));
    const next: string = string === '' ? found(token, text, at) : '"';
    const then: Awaited | null = next === '' ? null : after(awaits, next, open);
    if (then === null) return fault(text, at, words[awaits]);
    awaits = then;
    at = string === '' ? at + next.length : ends + 1;
  }
}

function found(what: RegExp, text: string, at: number): string {
  what.lastIndex = at;
  return what.exec(text)?.[0] ?? '';
}

/** What is awaited after a token, which opens and closes levels; null when it may not be there. */
function after(awaits: Awaited, next: string, open: string[]): Awaited | null {
  if (awaits === 'colon') return next === ':' ? 'value' : null;
  if (awaits === 'end') return null;
  const level = open.at(-1);
  if (next === (level === '{' ? '}' : ']')) {
    const mayClose = awaits !== 'value' && awaits !== 'name' && level !== undefined;
    if (!mayClose) return null;
    open.pop();
    return afterValue(open);
  }
  if (awaits === 'name' || awaits === 'member') return next === '"' ? 'colon' : null;
  if (awaits === 'moreMembers') return next === ',' ? 'name' : null;
  if (awaits === 'moreElements') return next === ',' ? 'value' : null;
  if (/^[\]}:,]/.test(next)) return null;
  if (next !== '{' && next !== '[') return afterValue(open);
  open.push(next);
  return next === '{' ? 'member' : 'element';
}

function afterValue(open: readonly string[]): Awaited {
  const level = open.at(-1);
  if (level === undefined) return 'end';
  return level === '{' ? 'moreMembers' : 'moreElements';
}

function wantedIn(text: string, at: number): string {
  if (at === text.length) return 'the rest of a string and its closing quote';
  return text[at] === '\\'
    ? 'one of the escapes that JSON has'
    : 'an escape, as a string holds no control characters';
}

function fault(text: string, at: number, wanted: string): FieldError {
  const lines = text.slice(0, at).split('\n');
  const column = (lines.at(-1) ?? '').length + 1;
  const place = `line ${lines.length}, column ${column}`;
  return { at: 'body', message: `must be JSON: ${place} has to be ${wanted}` };
}
