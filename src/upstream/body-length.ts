import type { UpstreamHeaders } from './upstream-failure.ts';

/** How long a body is once it is decoded, in bytes; null where its headers do not say. */
export function bodyLengthOf(headers: UpstreamHeaders): number | null {
  const { 'content-length': length, 'content-encoding': coding } = headers;
  return coding === undefined && length !== undefined && /^\d+$/.test(length)
    ? Number(length)
    : null;
}
