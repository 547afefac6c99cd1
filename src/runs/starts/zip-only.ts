import { InvalidFileError } from '../../domain/errors.ts';

/** How an archive begins: with its first file, or with its end when it has none (PKWARE's APPNOTE.TXT §4.3). */
const signatures = ['504b0304', '504b0506'];
const signatureBytes = 4;

/**
 * The content as it comes, as long as it begins like a ZIP; what has no content at all is let through.
 * @throws InvalidFileError naming the part
 */
export async function* zipOnly(
  content: AsyncIterable<Buffer>,
  part: string,
): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0);
  for await (const chunk of content) {
    if (head === null) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < signatureBytes) continue;
    if (!signatures.includes(head.toString('hex', 0, signatureBytes))) throw noZip(part);
    yield head;
    head = null;
  }
  if (head !== null && head.length > 0) throw noZip(part);
}

/** The 422 of something that has to be a ZIP. */
export function noZip(part: string): InvalidFileError {
  return new InvalidFileError(`The ${part} is not a ZIP.`, {
    outcome: 'not_sent',
    errors: [{ at: part, message: 'must be a ZIP' }],
  });
}
