import type { FastifyRequest } from 'fastify';
import { UnsupportedMediaTypeError } from '../domain/errors.ts';
import { noRawBody, rawTypesOf, takesRaw } from './raw-body.ts';

/** US-ASCII is a part of it. */
const utf8 = ['utf-8', 'utf8', 'us-ascii'];
const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i;
/** So much of what was sent is said again. */
const longestShown = 40;

/** What the head of a body says that nobody here reads; undefined when nothing, and where there is none. */
export function bodyRefusalOf(request: FastifyRequest): UnsupportedMediaTypeError | undefined {
  const { headers } = request;
  if (!hasBody(request)) return undefined;
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (coding !== '' && coding !== 'identity')
    return refusal(`Content-Encoding ${shown(coding)} is not read here: send the body as it is.`);
  const type = headers['content-type']?.toLowerCase() ?? '';
  const raw = rawTypesOf(request);
  if (raw !== null) return takesRaw(raw, type) ? undefined : noRawBody(raw);
  const [, named] = /^\s*application\/json\b/.test(type) ? (charset.exec(type) ?? []) : [];
  // RFC 8259 §8.1
  if (named !== undefined && !utf8.includes(named))
    return refusal(`JSON is UTF-8, and the charset ${shown(named)} is not read here.`);
  return undefined;
}

/** Lets go of what an empty body is said to be, as many clients name a type for each request; a file that is empty is one. */
export function forgetTypeOfNothing(request: FastifyRequest): void {
  if (!hasBody(request) && rawTypesOf(request) === null) delete request.raw.headers['content-type'];
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function refusal(message: string): UnsupportedMediaTypeError {
  return new UnsupportedMediaTypeError(message, { outcome: 'not_sent' });
}

function shown(text: string): string {
  return text.slice(0, longestShown);
}
