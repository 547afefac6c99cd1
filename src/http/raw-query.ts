import type { FastifyRequest } from 'fastify';
import type { GatewayError } from '../domain/errors.ts';

/** A query string as it was sent; what it means is decided by the class of the route's parameter. */
export class RawQuery {
  [name: string]: unknown;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const refusals = new WeakMap<RawQuery, GatewayError>();

/** Refuses a request as soon as its query is read: that is once it is known that there is such a thing, as 404 goes before 400. */
export function refuseWithQuery({ query }: FastifyRequest, refusal: GatewayError): void {
  if (query instanceof RawQuery) refusals.set(query, refusal);
}

/** @throws GatewayError what else of the request is refused with its query */
export function throwIfRefused(query: RawQuery): void {
  const refusal = refusals.get(query);
  if (refusal !== undefined) throw refusal;
}
