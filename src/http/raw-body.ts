import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { InvalidRequestError, TooLargeError, UnsupportedMediaTypeError } from '../domain/errors.ts';

/** A whole ZIP as a body; browsers on Windows call it by the second name. */
const zipTypes = ['application/zip', 'application/x-zip-compressed', 'application/octet-stream'];
const formType = 'multipart/form-data';

/** For how long what still comes of a refused body is thrown away, so that its sender gets to read why, in ms. */
const lingerMs = 5_000;

/** Marks a route that reads such bodies itself, as they come (`RouteConfig` of Nest). */
export const rawBodyRoute = { rawBodies: [formType, ...zipTypes] } as const;
/** The same of one that takes nothing but forms. */
export const formRoute = { rawBodies: [formType] } as const;

/** The types that the route of a request reads itself; null: none. */
export function rawTypesOf({ routeOptions }: FastifyRequest): readonly string[] | null {
  return (routeOptions.config as { rawBodies?: readonly string[] }).rawBodies ?? null;
}

/** Whether one of them is what `Content-Type` says. */
export function takesRaw(types: readonly string[], type: string): boolean {
  const [mediaType = ''] = type.split(';');
  return types.includes(mediaType.trim().toLowerCase());
}

/** Why it is refused otherwise, and where there is none. */
export function noRawBody(types: readonly string[]): UnsupportedMediaTypeError {
  const others = types.filter((type) => type !== formType);
  const zip = others.length === 0 ? '' : `, or a ZIP as ${others.join(', ')}`;
  return new UnsupportedMediaTypeError(`This route takes ${formType}${zip}.`, {
    outcome: 'not_sent',
  });
}

/** A body that is read as it comes. */
export interface RawBody {
  /** `Content-Type`, with the boundary of a form. */
  readonly type: string;
  readonly isForm: boolean;
  /** In bytes; null when it is not known before its end. */
  readonly length: number | null;
  readonly content: Readable;
}

/**
 * Hands forms and archives unread to the routes that are marked for them; to all others they are 415. A hook says so:
 * what a parser refuses is cut off by Fastify before its sender can read why.
 */
export function passRawBodies(app: FastifyInstance): void {
  app.addContentTypeParser([formType, ...zipTypes], (_request, payload, done) => {
    done(null, payload);
  });
  app.addHook('preValidation', (request, _reply, done) => {
    if (rawTypesOf(request) !== null || request.is404 || !(request.body instanceof Readable)) {
      done();
      return;
    }
    discardBody(request);
    done(
      new UnsupportedMediaTypeError('This route takes application/json only.', {
        outcome: 'not_sent',
      }),
    );
  });
}

/** @throws UnsupportedMediaTypeError for any other body, and for none */
export function rawBodyOf(request: FastifyRequest): RawBody {
  const { body, headers } = request;
  if (!(body instanceof Readable)) throw noRawBody(rawTypesOf(request) ?? []);
  const type = headers['content-type'] ?? '';
  const length = headers['content-length'];
  return {
    type,
    isForm: type.trimStart().toLowerCase().startsWith(formType),
    length: length === undefined ? null : Number(length),
    content: body,
  };
}

/**
 * The bytes of a body as they come; who leaves early does not cut off the caller, who waits for an answer.
 * @throws TooLargeError, or what `refusal` says, as soon as they are more than `mostBytes`, InvalidRequestError when the caller is gone
 */
export async function* bytesOf(
  { length, content }: RawBody,
  mostBytes: number,
  refusal = (): TooLargeError => tooLarge(mostBytes),
): AsyncGenerator<Buffer> {
  if ((length ?? 0) > mostBytes) throw refusal();
  let read = 0;
  try {
    const chunks: AsyncIterable<Buffer> = content.iterator({ destroyOnReturn: false });
    for await (const chunk of chunks) {
      read += chunk.length;
      if (read > mostBytes) break;
      yield chunk;
    }
  } catch (cause) {
    throw new InvalidRequestError('The body has ended too early.', { outcome: 'not_sent', cause });
  }
  if (read > mostBytes) throw refusal();
}

/** Lets a body run out that nobody wants any more; who goes on sending it for too long is cut off. */
export function discardBody({ raw }: FastifyRequest): void {
  if (raw.readableEnded || raw.destroyed) return;
  const timer = setTimeout(() => raw.destroy(), lingerMs);
  raw.once('close', () => {
    clearTimeout(timer);
  });
  raw.resume();
}

function tooLarge(mostBytes: number): TooLargeError {
  return new TooLargeError(
    `The request is larger than ${mostBytes} bytes, which is the most that files may have here.`,
    { outcome: 'not_sent' },
  );
}
