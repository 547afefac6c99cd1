import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ConflictMode } from '../../domain/import.ts';
import type { SentFile } from '../sent-file.ts';

/** What the platform calls the modes. */
const wireModes: Readonly<Record<ConflictMode, string>> = {
  error: 'Error',
  'use-existing': 'UseExisting',
  'new-version': 'NewVersion',
  'new-active': 'NewActiveElement',
  'new-inactive': 'NewInactiveElement',
};

/** An import as it is sent: a form of `multipart/form-data` (RFC 7578) whose file streams. */
export interface ImportForm {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/** A file on its way: its bytes, and how many of them there are. */
interface FormFile {
  readonly name: string;
  readonly length: number;
  readonly content: Pick<SentFile, 'bytes'>;
}

const lineEnd = '\r\n';

/** Writes the form around a file; its length is known before anything of it is read. */
export function importForm(file: FormFile, onConflict: ConflictMode): ImportForm {
  const boundary = `gateway-${randomUUID()}`;
  const begin = Buffer.from(
    [
      `--${boundary}`,
      'Content-Disposition: form-data; name="importConflict"',
      '',
      wireModes[onConflict],
      `--${boundary}`,
      `Content-Disposition: form-data; name="file"; filename="${plainName(file.name)}"`,
      'Content-Type: application/json',
      '',
      '',
    ].join(lineEnd),
  );
  const end = Buffer.from(`${lineEnd}--${boundary}--${lineEnd}`);
  const length = begin.length + file.length + end.length;
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(length),
    },
    body: Readable.from(bytesOf(begin, file.content, end), { objectMode: false }),
  };
}

/** Quotes, and what is not ASCII, servers read in as many ways as there are servers. */
function plainName(name: string): string {
  return name.replace(/[^\x20-\x7e]|["\\]/g, '_');
}

async function* bytesOf(
  begin: Buffer,
  content: FormFile['content'],
  end: Buffer,
): AsyncGenerator<Buffer> {
  yield begin;
  yield* content.bytes();
  yield end;
}
