import type { LogStretch } from './log-source.ts';

/** One range of bytes (RFC 9110 §14.1.2); several would need an answer of many parts, and may be ignored. */
const oneRange = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/i;

/**
 * The stretch of so many bytes that a `Range` means; null: all of it, as for one that says nothing that is known here or
 * contradicts itself; `outside` when there is nothing of it.
 */
export function rangeOf(header: string, size: number): LogStretch | 'outside' | null {
  const [range, first, last = '', suffix] = oneRange.exec(header) ?? [];
  if (range === undefined) return null;
  if (first === undefined) {
    const length = Math.min(Number(suffix), size);
    if (length > 0) return { start: size - length, end: size };
    // The end of nothing is there, but no Content-Range can name it.
    return Number(suffix) > 0 ? null : 'outside';
  }
  const start = Number(first);
  const end = last === '' ? size : Number(last) + 1;
  if (end <= start && last !== '') return null;
  return start < size ? { start, end: Math.min(end, size) } : 'outside';
}
