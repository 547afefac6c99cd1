import { UpstreamContractError } from '../domain/errors.ts';
import type { UpstreamAnswer } from '../upstream/upstream-call.ts';
import type { UpstreamName } from '../upstream/upstream-errors.ts';

/**
 * The JSON of a 2xx answer to a write whose body no document describes; null where it has none or is plain text.
 * @throws UpstreamContractError for a web page, which some proxy sent, and for JSON that is none: it may have been done
 */
export function acceptanceOf(
  { title, connection, platform }: UpstreamName,
  request: string,
  { body, headers }: UpstreamAnswer<string>,
): unknown {
  const type = headers['content-type'] ?? '';
  const text = body.trim();
  const isPage = /html/i.test(type) || text.startsWith('<');
  if (!isPage && text === '') return null;
  try {
    if (!isPage) return JSON.parse(text) as unknown;
  } catch {
    if (!/json/i.test(type)) return null;
  }
  const what = isPage ? 'a web page' : 'JSON that is none';
  throw new UpstreamContractError(`${title} (${connection}) answered ${request} with ${what}.`, {
    connection,
    platform,
    sent: 'maybe',
  });
}
