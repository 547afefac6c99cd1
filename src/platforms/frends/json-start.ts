import type { Readable } from 'node:stream';
import { beginningOf } from '../beginning.ts';

const byteOrderMark = Buffer.from('\uFEFF');
/** RFC 8259 §2 */
const blanks = new Set(Buffer.from(' \t\n\r'));
const openings = new Set(Buffer.from('{['));
/** No file begins with more blanks than this. */
const longestBlankBytes = 4_096;

/**
 * Whether what streams in begins as JSON does that is an object or a list, behind a byte order mark or not; of one that
 * does, all is still there to be read. A stream that fails before anybody can say throws what it failed with.
 */
export async function startsAsJson(content: Readable): Promise<boolean> {
  const head = await beginningOf(
    content,
    (bytes) => bytes.length > longestBlankBytes || firstByte(bytes) !== undefined,
  );
  const first = firstByte(head);
  return first !== undefined && openings.has(first);
}

/** The first byte that is neither blank nor of the mark, where it has come. */
function firstByte(head: Buffer): number | undefined {
  const mayBeMark = head.subarray(0, byteOrderMark.length);
  if (byteOrderMark.subarray(0, mayBeMark.length).equals(mayBeMark))
    return head.subarray(byteOrderMark.length).find((byte) => !blanks.has(byte));
  return head.find((byte) => !blanks.has(byte));
}
