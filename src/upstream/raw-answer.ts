import type { AxiosResponse } from 'axios';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import type { GatewayError } from '../domain/errors.ts';
import type { UpstreamHeaders } from './upstream-failure.ts';

/** An answer as the transport gives it: its body read whole, or still to come. */
export type Raw = AxiosResponse<unknown> & { readonly data: Buffer | Readable };

const errorBodyLimit = 8_192;

/** Its headers, by their names in lower case. */
export function headersOf(answer: Raw): UpstreamHeaders {
  return answer.headers as UpstreamHeaders;
}

/** The same bytes; what breaks them off, in other words. */
export function failingWith(
  content: Readable,
  toError: (error: unknown) => GatewayError,
): Readable {
  const body = new PassThrough({
    destroy: (error, done) => {
      done(error === null ? null : toError(error));
    },
  });
  // The callback is required; the error itself reaches the reader through `body`, which pipeline destroys with it.
  return pipeline(content, body, () => undefined);
}

/** What `AbortSignal.timeout` ends a body with. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

/** Lets go of a body that nobody reads. */
export function discard(answer: Raw): void {
  if (!Buffer.isBuffer(answer.data)) answer.data.destroy();
}

/** The first 8 KiB of a body, as text; what arrived of it when it breaks off, which explains a refusal as well. */
export async function head(data: Buffer | Readable): Promise<string> {
  if (Buffer.isBuffer(data)) return data.subarray(0, errorBodyLimit).toString('utf8');
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of data as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= errorBodyLimit) break;
    }
  } catch {
    // The status has been told already; only its explanation is cut.
  }
  return Buffer.concat(chunks).subarray(0, errorBodyLimit).toString('utf8');
}
