/** How far a follower of a log has come. */
export interface LogReached {
  /** Offset of the next byte. */
  readonly at: number;
  /** Whether they were told that it was the end. */
  readonly hasEnd: boolean;
}

/** Behind the offset with which a log has ended: who has only read as far may still miss lines that come after the end of the run. */
const ended = 'e';

/** The id of an event that brings its follower so far, as `41`, or `1244e` with the end. */
export function logEventId({ at, hasEnd }: LogReached): string {
  return hasEnd ? `${at}${ended}` : String(at);
}

/** How far a follower had come by a `Last-Event-ID`; null when they begin, or it says nothing that fits. */
export function logReachedBy(lastEventId: string | string[] | undefined): LogReached | null {
  if (typeof lastEventId !== 'string' || !/^\d{1,15}e?$/.test(lastEventId)) return null;
  return { at: Number.parseInt(lastEventId, 10), hasEnd: lastEventId.endsWith(ended) };
}
