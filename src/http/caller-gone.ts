import type { FastifyReply } from 'fastify';
import { InvalidRequestError } from '../domain/errors.ts';

/**
 * Fires when the caller hangs up before it has its whole answer, so that nobody reads on for nobody. Where its reason is
 * thrown, nothing has failed here.
 */
export function callerGone(reply: FastifyReply): AbortSignal {
  const { raw } = reply;
  const gone = new AbortController();
  const look = (): void => {
    if (!raw.writableFinished) gone.abort(new InvalidRequestError('The caller hung up.'));
  };
  // It may have gone before anybody asked.
  if (raw.destroyed) look();
  else raw.once('close', look);
  return gone.signal;
}
