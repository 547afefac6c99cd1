import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';

/** One part of a form. Its type decides what Concord does with it: text is a parameter, anything else a file. */
export interface FormPart {
  readonly name: string;
  readonly type: string;
  /** Text, or a file that is opened when its turn comes. */
  readonly content: string | FilePart;
}

interface FilePart {
  /** In bytes. */
  readonly length: number;
  readonly open: () => Promise<Readable>;
}

/** The charset is said: what has none is read as US-ASCII. */
export const parameterType = 'text/plain; charset=utf-8';
export const jsonType = 'application/json; charset=utf-8';
export const fileType = 'application/octet-stream';

/** A form of `multipart/form-data` (RFC 7578), ready to be sent. */
export interface FormBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable;
}

const lineEnd = '\r\n';

/**
 * Writes a form. `FormData` is no help here: it can neither say the charset of a text nor take a file from a stream.
 * A form of texts alone is a string; one with files is a stream whose length is known, of which nothing is opened before
 * it is read.
 */
export function formOf(parts: readonly FormPart[]): FormBody {
  const boundary = `gateway-${randomUUID()}`;
  const type = `multipart/form-data; boundary=${boundary}`;
  const end = `--${boundary}--${lineEnd}`;
  const texts = parts.filter(isText);
  if (texts.length === parts.length) {
    const written = texts.map((part) => `${headOf(part, boundary)}${part.content}${lineEnd}`);
    return { headers: { 'content-type': type }, body: [...written, end].join('') };
  }
  const length = parts.reduce((sum, part) => sum + lengthOf(part, boundary), end.length);
  return {
    headers: { 'content-type': type, 'content-length': String(length) },
    body: Readable.from(bytesOf(parts, boundary, end), { objectMode: false }),
  };
}

function isText(part: FormPart): part is FormPart & { readonly content: string } {
  return typeof part.content === 'string';
}

function headOf({ name, type, content }: FormPart, boundary: string): string {
  const file = typeof content === 'string' ? '' : `; filename="${name.split('/').at(-1) ?? name}"`;
  return [
    `--${boundary}`,
    `Content-Disposition: form-data; name="${name}"${file}`,
    `Content-Type: ${type}`,
    '',
    '',
  ].join(lineEnd);
}

function lengthOf(part: FormPart, boundary: string): number {
  const { content } = part;
  const own = typeof content === 'string' ? Buffer.byteLength(content) : content.length;
  return Buffer.byteLength(headOf(part, boundary)) + own + lineEnd.length;
}

async function* bytesOf(
  parts: readonly FormPart[],
  boundary: string,
  end: string,
): AsyncGenerator<Buffer> {
  for (const part of parts) {
    yield Buffer.from(headOf(part, boundary));
    if (typeof part.content === 'string') yield Buffer.from(part.content);
    else yield* (await part.content.open()) as AsyncIterable<Buffer>;
    yield Buffer.from(lineEnd);
  }
  yield Buffer.from(end);
}
