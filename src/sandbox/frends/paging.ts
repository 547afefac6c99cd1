import type { FastifyRequest } from 'fastify';
import type { Binding } from './binding.ts';

/** Which page is asked for: 30 items unless told, 200 at most. */
export interface PageAsked {
  readonly number: number;
  readonly size: number;
}

export function pageAsked(query: Binding): PageAsked {
  return {
    number: query.number('PageNumber', 1, 1, 2 ** 31 - 1),
    size: query.number('PageSize', 30, 1, 200),
  };
}

/** The address of this sandbox as its caller knows it. */
export function originOf(request: FastifyRequest): string {
  return `http://${request.headers.host ?? 'localhost'}`;
}

/** One page of a list in the platform's envelope; a page beyond the last is empty. */
export function pageOf<T>(
  items: readonly T[],
  { number, size }: PageAsked,
  request: FastifyRequest,
  shown: (item: T) => object,
): object {
  const last = Math.max(Math.ceil(items.length / size), 1);
  const uri = (page: number): string => {
    const url = new URL(request.url, originOf(request));
    url.searchParams.set('PageNumber', String(page));
    url.searchParams.set('PageSize', String(size));
    return url.href;
  };
  return {
    data: items.slice((number - 1) * size, number * size).map(shown),
    paging: {
      currentPage: number,
      pageSize: size,
      totalCount: items.length,
      firstPage: uri(1),
      lastPage: uri(last),
      nextPage: number < last ? uri(number + 1) : null,
      previousPage: number > 1 ? uri(number - 1) : null,
    },
  };
}
