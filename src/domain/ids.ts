import { InvalidRequestError } from './errors.ts';

/** A process, version or run of one connection: its native key, as it stands in an id. */
export interface NativeRef {
  readonly connection: string;
  /** Encoded parts joined by `:`. */
  readonly key: string;
}

/** What a connection may be called: it is the part of an id before the first colon. */
export const connectionIdPattern = /^[a-z0-9-]{1,40}$/;

/** Percent-encodes one part of a key: `encodeURIComponent` (RFC 3986 unreserved) plus `!'()*`. */
function encodePart(part: string): string {
  return encodeURIComponent(part.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Joins the parts of a native key, so that `decodeKey` gives them back. A lone surrogate becomes U+FFFD. */
export function encodeKey(parts: readonly string[]): string {
  return parts.map(encodePart).join(':');
}

/**
 * The parts of a native key.
 * @throws InvalidRequestError when a percent-escape is broken (RFC 3986 §2.1)
 */
export function decodeKey(key: string): string[] {
  try {
    return key.split(':').map(decodeURIComponent);
  } catch (cause) {
    throw new InvalidRequestError(`The id has a broken percent-escape: ${key}`, {
      errors: [{ at: 'id', message: 'a percent sign must start an escape of UTF-8, as %20' }],
      cause,
    });
  }
}

/** The id under which callers know a native key: readable, reversible, one path segment once percent-encoded. */
export function formatId(connection: string, key: string): string {
  return `${connection}:${key}`;
}

/**
 * Takes an id apart at its first colon and brings the key into its one canonical spelling.
 * Null when no connection can be called so or the key is empty: such an id cannot exist.
 * @throws InvalidRequestError when a percent-escape is broken
 */
export function parseId(id: string): NativeRef | null {
  const colon = id.indexOf(':');
  const connection = id.slice(0, Math.max(colon, 0));
  if (!connectionIdPattern.test(connection) || colon === id.length - 1) return null;
  return { connection, key: encodeKey(decodeKey(id.slice(colon + 1))) };
}
