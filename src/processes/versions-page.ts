import { createHash } from 'node:crypto';
import type { CursorSeal } from '../catalogue/cursor.ts';
import { CursorExpiredError } from '../domain/errors.ts';
import type { VersionRecord } from '../domain/version.ts';

/** Which versions of a process are asked for. */
export interface PageCall {
  readonly active: boolean | null;
  readonly limit: number;
  readonly cursor: string | null;
}

/** One page of them. */
export interface VersionsPage {
  readonly versions: readonly VersionRecord[];
  readonly nextCursor: string | null;
  readonly total: number;
}

const cursorLivesMs = 3_600_000;

/**
 * A page of versions, newest first. The cursor names the last version of the page before, so versions that come
 * meanwhile, at the top, move nothing.
 */
export async function pageOf(
  all: readonly VersionRecord[],
  { process, active, limit, cursor }: PageCall & { readonly process: string },
  seal: CursorSeal,
): Promise<VersionsPage> {
  const matches = all.filter((version) => active === null || version.active === active);
  const query = createHash('sha256')
    .update(`${process}\n${String(active)}`)
    .digest('base64url');
  const start = cursor === null ? 0 : (await after(cursor, query, matches, seal)) + 1;
  const versions = matches.slice(start, start + limit);
  const last = versions.at(-1);
  const more = start + limit < matches.length && last !== undefined;
  const nextCursor = more
    ? await seal.seal({
        query,
        offset: start + limit,
        sources: [{ connection: process, snapshot: last.version, asOf: null }],
        expiresAt: Date.now() + cursorLivesMs,
      })
    : null;
  return { versions, nextCursor, total: matches.length };
}

async function after(
  cursor: string,
  query: string,
  matches: readonly VersionRecord[],
  seal: CursorSeal,
): Promise<number> {
  const [place] = (await seal.open(cursor, query, Date.now())).sources;
  const at = matches.findIndex((version) => version.version === place?.snapshot);
  if (at < 0)
    throw new CursorExpiredError('The version at which the last page ended is gone: begin again.');
  return at;
}
