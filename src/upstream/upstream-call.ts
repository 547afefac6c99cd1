import type { Readable } from 'node:stream';
import type { UpstreamHeaders } from './upstream-failure.ts';

/** A query: an array repeats its name; null and undefined leave it out. */
export type UpstreamQuery = Readonly<
  Record<string, string | number | boolean | readonly (string | number)[] | null | undefined>
>;

/** One request to an upstream. */
export interface UpstreamCall {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the connection's base URL, made with the `path` tag. */
  readonly path: string;
  readonly query?: UpstreamQuery;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
  readonly signal: AbortSignal;
  /** For one try, in ms; the connection's own when left out. */
  readonly timeoutMs?: number;
  /** For the answer, inflated; the connection's own when left out. What streams through may be larger than what is kept. */
  readonly maxBytes?: number;
  /** Statuses that mean "there is none" and give null instead of an error. */
  readonly absent?: readonly number[];
  /** Whether it can be sent again without harm; GET can. */
  readonly repeatable?: boolean;
  /** Awaited before each try: takes what the call costs from a budget, or throws. */
  readonly spend?: () => Promise<void>;
  /** Called in the tick in which the request is written; what it throws is thrown, and nothing leaves. */
  readonly permit?: () => void;
}

/** An answer whose body has been read. */
export interface UpstreamAnswer<T> {
  readonly status: number;
  readonly headers: UpstreamHeaders;
  readonly body: T;
}

/** One whose body is JSON, and as it was sent. */
export interface JsonAnswer<T> extends UpstreamAnswer<T> {
  readonly bytes: Buffer;
}
