import type { BuildInfo } from '../../domain/adapter.ts';
import type { Native } from '../../domain/native.ts';

/** The version of the API that brought files. */
const filesSince = 20;

/** What the platform says of itself: `build` is the body of api/Status/Version, `apiVersions` the header of any answer. */
export function toBuildInfo(apiVersions: string | null, build: string | null): BuildInfo {
  const said = build === null ? null : buildOf(build);
  const release = said === null ? null : releaseOf(said);
  return {
    version: release ?? highestOf(apiVersions),
    build: said === null && apiVersions === null ? null : { build: said, apiVersions },
    missing: keepsFiles(apiVersions) ? [] : ['attachments'],
  };
}

/** Whether a release keeps files beside jobs (`odata/Attachments`, since version 20); one that does not say may. */
export function keepsFiles(apiVersions: string | null): boolean {
  return Number(highestOf(apiVersions) ?? filesSince) >= filesSince;
}

/** JSON where it is, else the line of text that it is. */
function buildOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Plain text is as good.
    return text.trim().slice(0, 200);
  }
}

function releaseOf(said: unknown): string | null {
  if (typeof said === 'string') return said === '' ? null : said;
  if (typeof said !== 'object' || said === null) return null;
  const members = Object.entries(said as Native);
  const [, version] = members.find(([name]) => /^(build)?version$/i.test(name)) ?? [];
  return typeof version === 'string' && version !== '' ? version : null;
}

/** `11.0, 20.0, 9.0` → `20.0`. */
function highestOf(apiVersions: string | null): string | null {
  const known = (apiVersions ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => /^\d+(\.\d+)?$/.test(each));
  return known.sort((a, b) => Number(b) - Number(a))[0] ?? null;
}
