import { create } from 'content-disposition';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError } from '../domain/errors.ts';
import { type DigestedFile, reprDigest } from '../http/file-digest.ts';
import type { Log } from '../telemetry/log.ts';

/** Streams a file; the name goes into a header in ASCII and in UTF-8 (RFC 6266), the type as the platform says. */
export function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: DigestedFile,
  { log, gone }: { readonly log: Log; readonly gone: AbortSignal },
): void {
  const { sha256, length, digestAfter } = file;
  void reply
    .header('content-type', file.mediaType)
    .header('content-disposition', create(file.fileName))
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store');
  if (length !== null) void reply.header('content-length', length);
  if (sha256 !== null) void reply.header('repr-digest', reprDigest(sha256));
  // Of what breaks off it is never sent.
  if (digestAfter !== null)
    void reply.trailer('repr-digest', () => Promise.resolve(reprDigest(digestAfter())));
  // Once the headers are out no problem document can follow: the connection is cut, and only the log can say why.
  file.content.once('error', (error) => {
    if (gone.aborted) return;
    const code = error instanceof GatewayError ? error.code : 'internal';
    const path = request.url.split('?')[0];
    log.warn({ requestId: request.id, path, code, reason: error.message }, 'A download broke off');
  });
  void reply.send(file.content);
}
