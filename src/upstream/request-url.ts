import type { UpstreamCall } from './upstream-call.ts';

/** Where a call goes: below the base URL, without the parameters that are not set. */
export function urlOf(baseUrl: URL, { path, query = {} }: UpstreamCall): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined) continue;
    if (typeof value !== 'object') search.append(name, String(value));
    else for (const each of value) search.append(name, String(each));
  }
  const suffix = search.size === 0 ? '' : `?${search.toString()}`;
  return `${baseUrl.origin}${baseUrl.pathname.replace(/\/$/, '')}${path}${suffix}`;
}
