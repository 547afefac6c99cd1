import type { FieldError } from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';
import { fileNameOf, longestFileName } from '../../upstream/file-name.ts';
import { device } from '../unique-file-names.ts';
import { versionOf } from './odsl.mapper.ts';
import { flawOfNewKey } from './odsl.new-key.ts';

/** The key that a configuration of a file is filed under. */
export interface PackagedKey {
  readonly id: string;
  /** Of an archived version of which nothing says the key, the name of its process; null: the key is said. */
  readonly called: string | null;
}

/** What no file may be called on one system or another, and what escapes begin with. */
const unreadable = /[%\p{Cc}"*/:<>?\\|]+/gu;

/** Versions that are not the newest any more have such an `_id` of their own. */
const archivedId = /^[\da-f]{24}$/i;

/** The version that a file says it is; whatever else stands in its place is none. */
export function packagedVersion({ _version: version }: Native): string | null {
  return typeof version === 'string' || Number.isInteger(version)
    ? versionOf(version as string | number)
    : null;
}

/** `fileName` is that of a file with this configuration alone; null where there are others in it. */
export function packagedKey(members: Native, fileName: string | null): PackagedKey | FieldError {
  const { _id: id, name } = members;
  if (id !== undefined && id !== null && typeof id !== 'string')
    return { at: '_id', message: 'must be a text' };
  if (typeof id === 'string') {
    const isArchived = archivedId.test(id) && packagedVersion(members) !== null && name !== id;
    if (!isArchived) return said('_id', id);
  }
  if (typeof name !== 'string')
    return { at: '_id', message: 'must be the key of the process, or `name` must be' };
  if (typeof id !== 'string') return said('name', name);
  const inFileName = keyInFileName(members, name, fileName);
  if (inFileName !== null) return { id: inFileName, called: null };
  const key = said('name', name);
  return 'at' in key ? key : { ...key, called: name };
}

function said(at: '_id' | 'name', id: string): PackagedKey | FieldError {
  const message = flawOfNewKey(id);
  return message === null ? { id, called: null } : { at, message };
}

/**
 * What a version is downloaded as: `<key>.<version>.json`, the key percent-encoded where no file may be called so, so that it
 * can be read back unless it is too long.
 */
export function packageName(key: string, version: string): string {
  const ending = `.${version}.json`;
  const isFit =
    !key.includes('%') && !device.test(key) && fileNameOf(undefined, key + ending) === key + ending;
  return fileNameOf(undefined, (isFit ? key : encoded(key)) + ending);
}

function encoded(key: string): string {
  const first = device.test(key) || key.startsWith('.') ? escaped(key.slice(0, 1)) : '';
  return first + key.slice(first === '' ? 0 : 1).replace(unreadable, escaped);
}

function escaped(characters: string): string {
  const hex = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return [...Buffer.from(characters)].map(hex).join('');
}

/** The name of a file decides only where it is more than the name of the process. */
function keyInFileName(members: Native, name: string, fileName: string | null): string | null {
  const version = packagedVersion(members) ?? '';
  const ending = `.${version}.json`;
  if (fileName?.endsWith(ending) !== true || fileName === packageName(name, version)) return null;
  const key = decoded(fileName.slice(0, -ending.length));
  // What was cut names several keys.
  const isRead = key !== null && fileName.length < longestFileName;
  return isRead && packageName(key, version) === fileName && flawOfNewKey(key) === null
    ? key
    : null;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    // A sign of percent that is no escape: nobody here has named it.
    return null;
  }
}
