import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Reached, reachedBy } from './event-id.ts';
import { isOver, streamRecords } from './record-streams.ts';
import type { StreamQuery } from './stream.query.ts';
import type { Watched } from './watched.ts';

/** Answers with what becomes of records, from where the caller's `Last-Event-ID` leaves off; 204 when nothing more will. */
export async function sendEvents(
  watched: readonly Watched[],
  query: StreamQuery,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const header = request.headers['last-event-id'];
  const reached = reachedBy(typeof header === 'string' ? header : undefined, watched.length);
  const followed = watched.map((each, at) => ({ watched: each, ...keptOf(each, reached[at]) }));
  if (followed.every(isOver)) {
    void reply.code(204).send();
    return;
  }
  await Promise.all(watched.map((each) => each.watchOver()));
  streamRecords(reply, followed, query.for === undefined ? null : query.for * 1_000);
}

/** Redis may have lost what it was told last: who is ahead of it, or knows of no end where one stands, has what it does not know. */
function keptOf(
  { stands: { revision, final } }: Watched,
  reached: Reached = { after: 0, hasEnd: false },
): Reached {
  const { after, hasEnd } = reached;
  const isOther = after > revision || (after === revision && final && !hasEnd);
  return isOther ? { after: 0, hasEnd: false } : reached;
}
