import type { FastifyReply } from 'fastify';

/** Fires when the caller hangs up before it has its whole answer, so that nobody reads on for nobody. */
export function callerGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort(new Error('the caller hung up'));
  });
  return gone.signal;
}
