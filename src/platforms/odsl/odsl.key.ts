import { decodeKey } from '../../domain/ids.ts';
import { isSegment } from '../../upstream/path.ts';

/** The `_id` that a key means; null where it could widen a call beyond one process or execution. */
export function idOf(key: string): string | null {
  const [id = '', ...more] = decodeKey(key);
  return more.length === 0 && isNarrow(id) ? id : null;
}

const widening: readonly string[] = ['*', '~LATEST'];

/**
 * Whether a text names one thing, whatever a server makes of its slashes, its backslashes and its case: `*` is every version,
 * `~LATEST` a moving one.
 */
export function isNarrow(text: string): boolean {
  return text
    .split(slashes)
    .every((part) => isSegment(part) && !widening.includes(part.toUpperCase()));
}

/** A slash is sent encoded; a server or proxy that takes it for a plain one means another thing: `a/b` is a tag of `a`. */
export function isAmbiguous(text: string): boolean {
  return slashes.test(text);
}

/** Of servers, too: some in front of IIS take a backslash for a slash. */
const slashes = /[/\\]/;
