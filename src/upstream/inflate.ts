import { pipeline, type Readable, Transform } from 'node:stream';
import { promisify } from 'node:util';
import {
  brotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  gunzip,
  inflate as zlibInflate,
} from 'node:zlib';

/** The content codings (RFC 9110 §8.4.1) that are asked of upstreams and undone here. */
export const acceptedEncodings = 'gzip, deflate, br';

/** A body, as sent or inflated, beyond its limit. */
export class BodyTooLargeError extends Error {
  readonly limit: number;
  constructor(limit: number) {
    super(`the body is larger than ${limit} bytes`);
    this.limit = limit;
  }
}

/** A body that is not what its Content-Encoding says. */
export class BrokenEncodingError extends Error {}

const whole = {
  gzip: promisify(gunzip),
  deflate: promisify(zlibInflate),
  br: promisify(brotliDecompress),
} as const;
const streams = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

type Coding = keyof typeof whole;

function codingOf(encoding: string | null): Coding | null {
  const name = (encoding ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity') return null;
  if (name === 'x-gzip') return 'gzip';
  if (Object.hasOwn(whole, name)) return name as Coding;
  throw new BrokenEncodingError(`the body has the unknown content coding ${name.slice(0, 40)}`);
}

/** Undoes the content coding of a whole body, `limit` bytes at most. */
export async function inflate(
  body: Buffer,
  encoding: string | null,
  limit: number,
): Promise<Buffer> {
  const coding = codingOf(encoding);
  if (coding === null || body.length === 0) return body;
  try {
    return await whole[coding](body, { maxOutputLength: limit });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new BodyTooLargeError(limit);
    throw new BrokenEncodingError(`the body is not valid ${coding}`, { cause });
  }
}

/** Lets `limit` bytes pass and fails on the next. */
function atMost(limit: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limit) done(new BodyTooLargeError(limit));
      else done(null, chunk);
    },
  });
}

/** Undoes the content coding of a stream, `limit` bytes at most. The result fails when `body` does. */
export function inflating(body: Readable, encoding: string | null, limit: number): Readable {
  let coding: Coding | null;
  try {
    coding = codingOf(encoding);
  } catch (error) {
    body.destroy();
    throw error;
  }
  const limited = atMost(limit);
  // The callback is required; the error itself reaches the reader through `limited`, which pipeline destroys with it.
  const failed = (): void => undefined;
  return coding === null
    ? pipeline(body, limited, failed)
    : pipeline(body, streams[coding](), limited, failed);
}
