import type { Link } from '../domain/link.ts';

/** A link to a route of this API, each interpolated value percent-encoded as one segment. */
export function link(parts: TemplateStringsArray, ...values: readonly string[]): Link {
  let href = parts[0] ?? '';
  for (const [at, value] of values.entries())
    href += encodeURIComponent(value.toWellFormed()) + (parts[at + 1] ?? '');
  return { href, method: 'GET' };
}

/** The same for another method. */
export function linkTo(method: string, { href }: Link): Link {
  return { href, method };
}
