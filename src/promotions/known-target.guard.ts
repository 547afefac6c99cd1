import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { tellAsked } from '../http/write-audit.ts';

/** Refuses a promotion to a connection that is not there before anything else of it is looked at: 404 goes before 400. */
@Injectable()
export class KnownTargetGuard implements CanActivate {
  readonly #connections: ConnectionRegistry;

  constructor(@Inject(ConnectionRegistry) connections: ConnectionRegistry) {
    this.#connections = connections;
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { to } = (request.body ?? {}) as { readonly to?: unknown };
    if (typeof to === 'string' && to !== '')
      tellAsked(request, { connection: this.#connections.get(to).id });
    return true;
  }
}
