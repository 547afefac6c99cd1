import { decodeKey } from '../../domain/ids.ts';
import { isSegment } from '../../upstream/path.ts';

/** The `_id` that a key means; null where it could widen a call beyond one process or execution. */
export function idOf(key: string): string | null {
  const [id = '', ...more] = decodeKey(key);
  return more.length === 0 && isNarrow(id) ? id : null;
}

/** Whether a text names one thing, whatever a server makes of its slashes: `*` is every version, `~LATEST` a moving one. */
export function isNarrow(text: string): boolean {
  return text.split('/').every((part) => isSegment(part) && part !== '*' && part !== '~LATEST');
}

/** A slash is sent encoded; a server or proxy that takes it for a plain one means another thing: `a/b` is a tag of `a`. */
export function isAmbiguous(text: string): boolean {
  return text.includes('/');
}
