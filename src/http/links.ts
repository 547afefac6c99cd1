import type { Link } from '../domain/link.ts';

/** A link to a route of this API, each interpolated value percent-encoded as one segment. */
export function link(parts: TemplateStringsArray, ...values: readonly string[]): Link {
  return {
    href: String.raw(
      { raw: parts },
      ...values.map((value) => encodeURIComponent(value.toWellFormed())),
    ),
    method: 'GET',
  };
}

/** The same for another method. */
export function linkTo(method: string, { href }: Link): Link {
  return { href, method };
}
