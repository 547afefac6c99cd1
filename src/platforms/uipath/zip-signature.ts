import type { Readable } from 'node:stream';
import { beginningOf } from '../beginning.ts';

/** A local file header, or the end of an archive that is empty (PKWARE APPNOTE 4.3.7, 4.3.16). */
const signatures = [Buffer.from('PK\u0003\u0004'), Buffer.from('PK\u0005\u0006')];
const signatureBytes = 4;

/**
 * Whether what streams in is a ZIP, as every NuGet package is; of one that is, all is still there to be read. A stream
 * that fails before anybody can say throws what it failed with.
 */
export async function startsAsZip(content: Readable): Promise<boolean> {
  const head = await beginningOf(content, ({ length }) => length >= signatureBytes);
  return signatures.some((signature) => signature.equals(head.subarray(0, signatureBytes)));
}
