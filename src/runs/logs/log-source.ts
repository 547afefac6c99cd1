/** A stretch of a log, without anything around it. */
export interface LogStretch {
  readonly start: number;
  readonly end: number;
}

/** A run's log as bytes that never change once they are there: what is new comes at the end. */
export interface LogSource {
  /** Its length now, in bytes; null without a log. */
  size(signal: AbortSignal): Promise<number | null>;
  /** How much of it is kept here, without asking its platform; null where it was never read whole, as it was then. */
  kept?(): Promise<number | null>;
  /** Exactly these bytes, as they come; they must be there. */
  read(stretch: LogStretch, signal: AbortSignal): AsyncIterable<Uint8Array>;
}
