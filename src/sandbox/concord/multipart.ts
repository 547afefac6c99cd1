/** One part of a `multipart/form-data` body (RFC 7578). Its type decides what Concord does with it. */
export interface Part {
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
}

/** The parts of a body; null when the header names no boundary. Node's own reader loses the types of parts without a file name. */
export function readMultipart(contentType: string, body: Buffer): Part[] | null {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  if (boundary === null) return null;
  const delimiter = Buffer.from(`--${boundary[1] ?? boundary[2] ?? ''}`);
  const parts: Part[] = [];
  let at = body.indexOf(delimiter);
  while (at >= 0) {
    const start = at + delimiter.length;
    const next = body.indexOf(delimiter, start);
    if (next < 0) break;
    // Between the delimiters: a line break, headers, an empty line, the content, a line break.
    const part = partOf(body.subarray(start + 2, next - 2));
    if (part !== null) parts.push(part);
    at = next;
  }
  return parts;
}

function partOf(bytes: Buffer): Part | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = bytes.toString('utf8', 0, headEnd);
  const name = /content-disposition:[^\r\n]*[;\s]name="([^"]*)"/i.exec(head)?.[1];
  if (name === undefined) return null;
  const type = /content-type:\s*([^\s;]+)/i.exec(head)?.[1]?.toLowerCase() ?? 'text/plain';
  return { name, type, content: bytes.subarray(headEnd + 4) };
}
