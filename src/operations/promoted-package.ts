import type { Connection } from '../connections/connection.ts';
import { NotFoundError, TooLargeError, UpstreamTimeoutError } from '../domain/errors.ts';
import type { PackageFile } from '../domain/package.ts';
import type { PromotedItem } from './promotion.ts';

/** A version as its connection exports it. @throws NotFoundError when it is not there any more */
export async function packageOf(
  from: Connection,
  { key, version }: PromotedItem,
  signal: AbortSignal,
): Promise<PackageFile> {
  const file = await from.part('packages').download(key, version ?? 'latest', signal);
  if (file !== null) return file;
  throw new NotFoundError(
    `${from.platform.title} (${from.id}) has no ${version ?? 'version'} of ${key}.`,
    { connection: from.id, platform: from.platform.name, outcome: 'not_sent' },
  );
}

/** Its content as long as `left` bytes suffice, and somebody wants it. */
export async function* limited(
  { content }: PackageFile,
  left: number,
  mostBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    if (signal.aborted)
      throw new UpstreamTimeoutError('It was not exported in its time.', { sent: 'no' });
    read += chunk.length;
    if (read > left)
      throw new TooLargeError(
        `What is to be promoted is larger than ${mostBytes} bytes, which is the most that files may have here.`,
        { outcome: 'not_sent' },
      );
    yield chunk;
  }
}
