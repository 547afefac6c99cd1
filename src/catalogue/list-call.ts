import type { Demand } from './freshness.ts';
import type { FacetField, ProcessQuery } from './process-query.ts';
import type { ReadyAnswer } from './ready-answers.ts';
import type { Forwarded } from './source.ts';

/** A call for a list. */
export interface ListCall {
  /** Equal for calls that get equal answers: the route and the query string as it was sent. */
  readonly text: string;
  readonly query: ProcessQuery;
  readonly show:
    | { readonly kind: 'items'; readonly limit: number; readonly cursor: string | null }
    | { readonly kind: 'facets'; readonly field: FacetField };
  readonly demand: Demand;
}

/** An answer to it. */
export interface ListAnswer extends ReadyAnswer {
  readonly forwarded: Forwarded;
}
