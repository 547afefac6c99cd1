import { once } from 'node:events';
import type { Readable } from 'node:stream';

/**
 * The first bytes of a stream: so many that they are enough, or all if it ends before. Of one that has not ended, all is
 * still there to be read. A stream that fails before throws what it failed with.
 */
export async function beginningOf(
  content: Readable,
  isEnough: (head: Buffer) => boolean,
): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (!isEnough(head)) {
    const chunk = content.read() as Buffer | null;
    if (chunk !== null) head = Buffer.concat([head, chunk]);
    else if (content.errored !== null) throw content.errored;
    else if (content.readableEnded || content.destroyed) return head;
    else await moreOf(content);
  }
  content.unshift(head);
  return head;
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
