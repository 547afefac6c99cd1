import { createHash } from 'node:crypto';
import { pipeline, Readable, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { FastifyRequest } from 'fastify';
import type { PackageFile } from '../domain/package.ts';

/** A file of so many bytes is read before it is sent, so that its digest can go before it. */
const mostGatheredBytes = 1_024 ** 2;

/** `sha-256=10`, among others (RFC 9530 §4); 0 is said of what is not wanted. */
const wantedDigest = /(?:^|,)\s*sha-256\s*(?:=\s*([1-9]|10)\s*)?(?:,|$)/i;

/** A file whose digest is known, or will be known once it has been sent. */
export interface DigestedFile extends PackageFile {
  /** The digest of what has been read of `content`; null where it goes before it, or is left out. */
  readonly digestAfter: (() => string) | null;
}

/**
 * How a file gets its digest. A short one is read first and has it in its head. Of a longer one it can only follow, which
 * leaves no room for a length (RFC 9112 §6.1, §6.5), so who wants it has to say so: most callers would lose their progress
 * bar for a field that they never read. Where nobody knows the length there is nothing to lose.
 */
export async function digested(
  { raw: { httpVersion }, headers }: FastifyRequest,
  file: PackageFile,
): Promise<DigestedFile> {
  if (file.sha256 !== null) return { ...file, digestAfter: null };
  if (file.length !== null && file.length <= mostGatheredBytes) {
    const bytes = await buffer(file.content);
    const sha256 = createHash('sha256').update(bytes).digest('base64');
    const content = Readable.from([bytes]);
    return { ...file, content, length: bytes.length, sha256, digestAfter: null };
  }
  const wanted = String(headers['want-repr-digest'] ?? '');
  const isChunked = httpVersion !== '1.0' && (file.length === null || wantedDigest.test(wanted));
  return isChunked ? digestedAfter(file) : { ...file, digestAfter: null };
}

/** `Repr-Digest` of a SHA-256 in base64 (RFC 9530 §3, RFC 9651 §3.3.5). */
export function reprDigest(sha256: string): string {
  return `sha-256=:${sha256}:`;
}

function digestedAfter(file: PackageFile): DigestedFile {
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  // The callback is required; who reads hears of an error, as pipeline destroys what is read with it.
  const content = pipeline(file.content, hashing, () => undefined);
  return { ...file, content, length: null, digestAfter: () => hash.digest('base64') };
}
