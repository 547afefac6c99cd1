import type { IncomingHttpHeaders } from 'node:http';
import { demandOf } from '../../catalogue/freshness.ts';
import { type LogReach, reachNow, reachOf } from './log-reach.ts';
import type { LogSource, LogStretch } from './log-source.ts';
import { rangeOf } from './range.ts';

/** What is answered of a log. */
export interface LogAnswer {
  readonly reach: LogReach;
  /** The one range that was asked for; null: all of it. */
  readonly stretch: LogStretch | 'outside' | null;
}

/** What a request asks for of a log; null without a log. What is kept of it stands in for its platform where it can. */
export async function answerOf(
  source: LogSource,
  headers: IncomingHttpHeaders,
  gone: AbortSignal,
): Promise<LogAnswer | null> {
  const isForced = demandOf(headers['cache-control']).forced;
  const reach = isForced ? await reachNow(source, gone) : await reachOf(source, gone);
  if (reach === null) return null;
  const stretch = stretchOf(headers, reach.size);
  if (stretch !== 'outside' || !reach.isStale) return { reach, stretch };
  // Whether there is anything beyond what is kept only the platform knows.
  const now = await reachNow(source, gone);
  return now === null ? null : { reach: now, stretch: stretchOf(headers, now.size) };
}

function stretchOf(
  { range: header, 'if-range': condition }: IncomingHttpHeaders,
  size: number,
): LogAnswer['stretch'] {
  // A log has no validator, so no condition on one is met (RFC 9110 §13.1.5, §14.2).
  return header === undefined || condition !== undefined ? null : rangeOf(header, size);
}

/** `Content-Range` of a stretch (RFC 9110 §14.4): how long the whole is, nobody knows while what is kept stands in. */
export function contentRangeOf({ start, end }: LogStretch, { size, isStale }: LogReach): string {
  return `bytes ${start}-${end - 1}/${isStale ? '*' : size}`;
}
