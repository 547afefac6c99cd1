import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ConnectionRegistry } from './connection-registry.ts';

/** Refuses a connection that is not there before anything else of the request is looked at: 404 goes before 400. */
@Injectable()
export class KnownConnectionGuard implements CanActivate {
  readonly #connections: ConnectionRegistry;

  constructor(@Inject(ConnectionRegistry) connections: ConnectionRegistry) {
    this.#connections = connections;
  }

  canActivate(context: ExecutionContext): boolean {
    const { params } = context.switchToHttp().getRequest<FastifyRequest>();
    const { connection } = params as { readonly connection?: string };
    if (connection !== undefined) this.#connections.get(connection);
    return true;
  }
}
