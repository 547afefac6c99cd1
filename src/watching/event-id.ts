/** How far a caller has come with a record. */
export interface Reached {
  /** The newest revision that they have; 0: none. */
  readonly after: number;
  /** Whether they were told that it was its end. */
  readonly hasEnd: boolean;
}

/** Behind the revision that a record has ended with: Redis may lose one, and give its number to the end later. */
const ended = 'e';

/** The id of an event that brings its caller so far with each record, as `3.1e.7`. */
export function eventId(reached: readonly Reached[]): string {
  return reached.map(({ after, hasEnd }) => (hasEnd ? `${after}${ended}` : after)).join('.');
}

/** How far each record had come by a `Last-Event-ID`; to nowhere where it says nothing that fits. */
export function reachedBy(lastEventId: string | undefined, records: number): Reached[] {
  const parts = (lastEventId ?? '').split('.');
  const fits = parts.length === records && parts.every((part) => /^\d{1,9}e?$/.test(part));
  return Array.from({ length: records }, (_, at) => {
    const part = (fits ? parts[at] : undefined) ?? '0';
    return { after: Number.parseInt(part, 10), hasEnd: part.endsWith(ended) };
  });
}
