/** The queue of checks; its jobs name a connection. */
export const connectionChecksQueue = 'connection-checks';

/** What a job of the queue carries. */
export interface ConnectionCheckJob {
  readonly connection: string;
}
