import { decodeKey } from '../../domain/ids.ts';
import { isSegment } from '../../upstream/path.ts';

/** The `_id` that a key means; null where it could widen a call beyond one process or execution. */
export function idOf(key: string): string | null {
  const [id = '', ...more] = decodeKey(key);
  return more.length === 0 && isNarrow(id) ? id : null;
}

/** Whether a text names one thing: `*` is every version, `~LATEST` a moving one, and a slash ends a segment. */
export function isNarrow(text: string): boolean {
  return isSegment(text) && text !== '*' && text !== '~LATEST' && !text.includes('/');
}
