import { XmlProblem } from './xml-text.ts';

/** A reference to a character, or to an entity that XML has by itself. */
const reference = /&(?:#(\d{1,7})|#x([\dA-Fa-f]{1,6})|(lt|gt|amp|quot|apos));/y;
const predefined: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
};

/**
 * What the reference stands for that begins at `at`, and where it ends.
 * @throws XmlProblem for an entity that the document would have to declare
 */
export function referredTo(
  text: string,
  at: number,
): { readonly text: string; readonly end: number } {
  reference.lastIndex = at;
  const [whole = '', decimal, hex, name = ''] = reference.exec(text) ?? [];
  const end = at + whole.length;
  if (decimal !== undefined) return { text: characterOf(Number(decimal)), end };
  if (hex !== undefined) return { text: characterOf(parseInt(hex, 16)), end };
  const known = predefined[name];
  if (known !== undefined) return { text: known, end };
  throw new XmlProblem('refers to an entity that XML does not have by itself');
}

/** The value of an attribute as it stands between its quotes. */
export function valueOf(quoted: string): string {
  let value = '';
  let from = 0;
  for (let at = quoted.indexOf('&'); at >= 0; at = quoted.indexOf('&', from)) {
    const { text, end } = referredTo(quoted, at);
    value += quoted.slice(from, at) + text;
    from = end;
  }
  return value + quoted.slice(from);
}

/** The `Char` of XML 1.0. */
function characterOf(code: number): string {
  const isChar =
    [0x9, 0xa, 0xd].includes(code) ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff);
  if (!isChar) throw new XmlProblem('refers to a character that XML does not allow');
  return String.fromCodePoint(code);
}
