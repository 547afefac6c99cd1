import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  type Type,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { NotFoundError } from '../domain/errors.ts';
import { parseId } from '../domain/ids.ts';
import { ConnectionRegistry } from './connection-registry.ts';

/**
 * Refuses an id of no connection before anything else of the request is looked at: 404 goes before 400. Whether a
 * connection has the thing only its platform can say, and that is not asked for a request that is refused anyway.
 */
export function knownIdGuard(unknown: (id: string) => NotFoundError): Type<CanActivate> {
  @Injectable()
  class KnownIdGuard implements CanActivate {
    readonly #connections: ConnectionRegistry;

    constructor(@Inject(ConnectionRegistry) connections: ConnectionRegistry) {
      this.#connections = connections;
    }

    canActivate(context: ExecutionContext): boolean {
      const { params } = context.switchToHttp().getRequest<FastifyRequest>();
      const { id = '' } = params as { readonly id?: string };
      const parsed = parseId(id);
      if (parsed === null) throw unknown(id);
      // Says which connections there are not, where the id names one.
      this.#connections.get(parsed.connection);
      return true;
    }
  }
  return KnownIdGuard;
}
