import { isAmbiguous, isNarrow } from './odsl.key.ts';

/** Longer ones do not fit into a URL once they are encoded, so that nobody could ask for the process. In characters. */
const longestKey = 200;

/** Why nothing new can be called so; null where it can. */
export function flawOfNewKey(key: string): string | null {
  if (key.trim() === '' || key !== key.trim()) return 'must neither be blank nor begin or end so';
  if (!isNarrow(key)) return 'must not stand for other processes or versions, as * and ~LATEST do';
  if (key.includes('/')) return 'must have no slash, which servers take for the end of a key';
  if (/\p{Cc}/u.test(key) || !key.isWellFormed()) return 'must have no control characters';
  return key.length > longestKey ? `must have ${longestKey} characters at most` : null;
}

/** Why nothing can get this key from a caller; null where it can. Files may bring what is called so elsewhere already. */
export function flawOfChosenKey(key: string): string | null {
  return isAmbiguous(key)
    ? 'must have no slash or backslash, which servers take for the end of a key'
    : flawOfNewKey(key);
}

/** Why no version can be tagged so; null where it can. */
export function flawOfTag(tag: string): string | null {
  if (/^\d+$/.test(tag)) return 'must not be a number: those are versions';
  if (tag.toLowerCase() === 'latest')
    return 'must not be `latest`, which is always the newest version';
  return flawOfChosenKey(tag);
}
