import { NotFoundError } from '../domain/errors.ts';

/**
 * A template tag for upstream paths: what is interpolated is percent-encoded as one segment (RFC 3986 unreserved
 * characters only), so that no key can leave its place in the path.
 */
export function path(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return String.raw({ raw: parts }, ...values.map(segment));
}

/** Whether a text can be one segment of a path: servers resolve `.` and `..` even when encoded (WHATWG URL). */
export function isSegment(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..';
}

/**
 * Percent-encodes one segment of a path.
 * @throws NotFoundError for what cannot be one
 */
export function segment(value: string | number): string {
  const text = String(value);
  if (!isSegment(text)) throw new NotFoundError(`Nothing can be called "${text}".`);
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
