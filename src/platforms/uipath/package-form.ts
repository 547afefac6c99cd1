import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { SentFile } from '../sent-file.ts';

/** A package on its way. */
export interface FormFile {
  readonly name: string;
  /** In bytes. */
  readonly length: number;
  readonly content: Pick<SentFile, 'bytes'>;
}

/** A form of `multipart/form-data` (RFC 7578). */
export interface PackageForm {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

const lineEnd = '\r\n';
/** What servers read in different ways beside a letter or a digit. */
const unsafe = /[^\w.+-]/g;

/** A form with one file, which streams through it; as its length is known, nobody on the way has to hold it to count. */
export function packageForm({ name, length, content }: FormFile): PackageForm {
  const boundary = `gateway-${randomUUID()}`;
  const head = [
    `--${boundary}`,
    `Content-Disposition: form-data; name="file"; filename="${name.replaceAll(unsafe, '_')}"`,
    'Content-Type: application/octet-stream',
    '',
    '',
  ].join(lineEnd);
  const tail = `${lineEnd}--${boundary}--${lineEnd}`;
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.length + length + tail.length),
    },
    body: Readable.from(bytesOf(head, content, tail), { objectMode: false }),
  };
}

async function* bytesOf(
  head: string,
  content: FormFile['content'],
  tail: string,
): AsyncGenerator<Buffer> {
  yield Buffer.from(head);
  yield* content.bytes();
  yield Buffer.from(tail);
}
