import type { UpstreamFailure } from '../domain/errors.ts';

/** Response headers, names in lower case. */
export type UpstreamHeaders = Readonly<Record<string, string>>;

/** An answer that is not 2xx, as an adapter gets to read it. */
export interface RefusedAnswer {
  readonly status: number;
  readonly headers: UpstreamHeaders;
  /** The body as text, 8 KiB at most. */
  readonly text: string;
}

/** How a platform words its errors: takes the code, the sentence and the request id out of an answer. */
export type ExplainFailure = (answer: RefusedAnswer) => Partial<Omit<UpstreamFailure, 'status'>>;

const messageLimit = 600;

/** Reads RFC 9457, RFC 7807 and plain text; what most upstreams' errors look like. */
export const explainGeneric: ExplainFailure = ({ text, headers }) => {
  const body = parseObject(text);
  if (body === null) return { message: isProse(text, headers) ? text : null };
  return {
    code: pick(body, 'code', 'errorCode', 'error'),
    message: pick(body, 'detail', 'message', 'error_description', 'title'),
    requestId: pick(body, 'traceId', 'requestId'),
  };
};

/** The text as a JSON object, or null. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** The first of the members (in any case) that is a string or a number. */
export function pick(body: Record<string, unknown>, ...names: readonly string[]): string | null {
  for (const name of names) {
    const key = Object.keys(body).find((each) => each.toLowerCase() === name.toLowerCase());
    const value = key === undefined ? undefined : body[key];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return null;
}

/** Whether a body is a sentence for people, not a web page of some proxy. */
export function isProse(text: string, headers: UpstreamHeaders): boolean {
  const type = headers['content-type'] ?? '';
  return text.trim() !== '' && !/html/i.test(type) && !/^\s*</.test(text);
}

/** A secret as it may come back: as it is, from a form or a URL, from JSON that was cut. */
function spellings(secret: string): string[] {
  const plain = secret.toWellFormed();
  const form = new URLSearchParams([['', plain]]).toString().slice(1);
  return [secret, encodeURIComponent(plain), form, JSON.stringify(secret).slice(1, -1)];
}

/** One line without control characters and without the connection's secrets, 600 characters at most. */
export function presentable(
  text: string | null | undefined,
  secrets: readonly string[],
): string | null {
  if (text === null || text === undefined) return null;
  let line = text;
  const hidden = secrets.filter((secret) => secret.length > 3).flatMap(spellings);
  // The longest first: what is left of one that contains another would still be a part of it.
  for (const secret of hidden.sort((a, b) => b.length - a.length))
    line = line.replaceAll(secret, '[redacted]');
  // eslint-disable-next-line no-control-regex -- control characters are what is taken out
  line = line.replace(/[\u0000-\u001f\u007f\s]+/g, ' ').trim();
  if (line === '') return null;
  return line.length > messageLimit ? `${line.slice(0, messageLimit)}…` : line;
}
