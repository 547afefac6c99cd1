import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** A local file header, or the end of an archive that is empty (PKWARE APPNOTE 4.3.7, 4.3.16). */
const signatures = [Buffer.from('PK\u0003\u0004'), Buffer.from('PK\u0005\u0006')];
const signatureBytes = 4;

/**
 * Whether what streams in is a ZIP, as every NuGet package is; of one that is, all is still there to be read. A stream
 * that fails before anybody can say throws what it failed with.
 */
export async function startsAsZip(content: Readable): Promise<boolean> {
  let head = Buffer.alloc(0);
  while (head.length < signatureBytes) {
    const chunk = content.read() as Buffer | null;
    if (chunk !== null) head = Buffer.concat([head, chunk]);
    else if (content.errored !== null) throw content.errored;
    else if (content.readableEnded || content.destroyed) return false;
    else await moreOf(content);
  }
  content.unshift(head);
  return signatures.some((signature) => signature.equals(head.subarray(0, signatureBytes)));
}

async function moreOf(content: Readable): Promise<void> {
  const heard = new AbortController();
  try {
    const events = ['readable', 'end', 'close'];
    await Promise.race(events.map((event) => once(content, event, { signal: heard.signal })));
  } finally {
    heard.abort();
  }
}
