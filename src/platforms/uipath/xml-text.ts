/** What is wrong with a document, as the end of a sentence about it. */
export class XmlProblem extends Error {}

/** What a document that declares this may be read as; those of .NET without further packages, and what Windows calls them. */
const encodings: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  'us-ascii': 'utf-8',
  'iso-8859-1': 'windows-1252',
  'windows-1252': 'windows-1252',
  'utf-16': 'utf-16',
  'utf-16le': 'utf-16',
  'utf-16be': 'utf-16',
};
const byteOrderMarks = [
  { mark: [0xef, 0xbb, 0xbf], label: 'utf-8' },
  { mark: [0xff, 0xfe], label: 'utf-16le' },
  { mark: [0xfe, 0xff], label: 'utf-16be' },
] as const;
/** `<?` without a mark (XML 1.0 appendix F). */
const beginnings = [
  { mark: [0x3c, 0x00, 0x3f, 0x00], label: 'utf-16le' },
  { mark: [0x00, 0x3c, 0x00, 0x3f], label: 'utf-16be' },
] as const;

const declaration =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"([^"]*)"|'([^']*)')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([^"]*)"|'([^']*)'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/;
const longestDeclaration = 400;
/** Anything but the `Char` of XML 1.0. */
const impossible = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * The text of a document without its declaration, in the encoding that its bytes and its declaration agree on.
 * @throws XmlProblem
 */
export function xmlText(bytes: Uint8Array): string {
  const begins = ({ mark }: { readonly mark: readonly number[] }): boolean =>
    mark.every((byte, at) => bytes[at] === byte);
  const shown = (byteOrderMarks.find(begins) ?? beginnings.find(begins))?.label ?? null;
  const head = new TextDecoder(shown ?? 'windows-1252').decode(
    bytes.subarray(0, longestDeclaration),
  );
  const declared = declaredIn(head);
  const text = decoded(bytes, labelOf(shown, declared));
  if (impossible.test(text)) throw new XmlProblem('holds a character that XML does not allow');
  return text.replace(declaration, '');
}

function declaredIn(head: string): string | null {
  const found = declaration.exec(head);
  if (found === null) return null;
  const [, version = found[2], , ,] = found;
  if (version !== '1.0') throw new XmlProblem('is of another version than XML 1.0');
  return (found[3] ?? found[4])?.toLowerCase() ?? null;
}

/** @throws XmlProblem where the bytes are not what the declaration says */
function labelOf(shown: string | null, declared: string | null): string {
  if (declared === null) return shown ?? 'utf-8';
  const known = Object.hasOwn(encodings, declared) ? encodings[declared] : undefined;
  if (known === undefined) throw new XmlProblem('is in an encoding that is not read here');
  const fits =
    shown === null
      ? known !== 'utf-16'
      : shown === known || (known === 'utf-16' && shown.startsWith(declared));
  if (!fits) throw new XmlProblem('is not in the encoding that it declares');
  return shown ?? known;
}

function decoded(bytes: Uint8Array, label: string): string {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new XmlProblem('is not in the encoding that it declares', { cause });
  }
}
