import { isUtf8 } from 'node:buffer';

/** What keeps bytes from being text in UTF-8; `at` counts bytes from 0. */
export class BrokenTextError extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const mark = Buffer.from('\uFEFF');
/** So many bytes tell one encoding from another: the longest byte order mark. */
const headBytes = 4;
const otherMarks = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/** Reads text in UTF-8 as its bytes come, behind a byte order mark or not; invalid bytes are refused, not replaced. */
export class Utf8Text {
  #rest: Buffer = Buffer.alloc(0);
  #hasBegun = false;
  #taken = 0;
  #before = 0;
  #last = '';

  /** How many bytes have become text by now, the mark included. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * The text of what has come by now, but for a character that is still incomplete.
   * @throws BrokenTextError
   */
  read(bytes: Buffer): string {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (!this.#hasBegun && this.#rest.length < headBytes) return '';
    this.#begin();
    return this.#text(wholeLength(this.#rest));
  }

  /** The text of what is left. @throws BrokenTextError */
  end(): string {
    this.#begin();
    return this.#text(this.#rest.length);
  }

  /** The place of a character of the text that was read last, by its index in UTF-16 code units. */
  byteAt(index: number): number {
    return this.#before + Buffer.byteLength(this.#last.slice(0, Math.max(index, 0)));
  }

  #text(length: number): string {
    const whole = this.#rest.subarray(0, length);
    if (!isUtf8(whole))
      throw new BrokenTextError(this.#taken + validLength(whole), 'is not valid UTF-8');
    const text = whole.toString('utf8');
    // What is left must not hold the whole piece that it came with.
    this.#rest = Buffer.from(this.#rest.subarray(whole.length));
    this.#before = this.#taken;
    this.#last = text;
    this.#taken += whole.length;
    return text;
  }

  #begin(): void {
    if (this.#hasBegun) return;
    const head = this.#rest.subarray(0, headBytes);
    const isOther = otherMarks.some((each) => head.subarray(0, each.length).equals(each));
    if (isOther || head.includes(0))
      throw new BrokenTextError(0, 'must be UTF-8, and looks like UTF-16 or UTF-32');
    this.#hasBegun = true;
    if (!head.subarray(0, mark.length).equals(mark)) return;
    this.#rest = this.#rest.subarray(mark.length);
    this.#taken = mark.length;
  }
}

/** How many bytes there are before a character that may go on in what has not come yet. */
function wholeLength(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    const isBeginning = byte >= 0xc0;
    if (isBeginning) return back < lengthOf(byte) ? bytes.length - back : bytes.length;
    if (byte < 0x80) break;
  }
  return bytes.length;
}

/** How many bytes a character has that begins with this one. */
function lengthOf(first: number): number {
  if (first >= 0xf0) return 4;
  return first >= 0xe0 ? 3 : 2;
}

/** How many bytes there are before the character that is none. */
function validLength(bytes: Buffer): number {
  let [low, high] = [0, bytes.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const head = bytes.subarray(0, middle);
    if (isUtf8(head.subarray(0, wholeLength(head)))) low = middle;
    else high = middle - 1;
  }
  const head = bytes.subarray(0, low);
  return wholeLength(head);
}
