import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { parseId } from '../domain/ids.ts';
import { unknownRun } from './runs.service.ts';

/** Refuses the id of a run of no connection before anything else of the request is looked at: 404 goes before 400. */
@Injectable()
export class PossibleRunGuard implements CanActivate {
  readonly #connections: ConnectionRegistry;

  constructor(@Inject(ConnectionRegistry) connections: ConnectionRegistry) {
    this.#connections = connections;
  }

  canActivate(context: ExecutionContext): boolean {
    const { params } = context.switchToHttp().getRequest<FastifyRequest>();
    const { id = '' } = params as { readonly id?: string };
    const parsed = parseId(id);
    if (parsed === null) throw unknownRun(id);
    // Says which connections there are not, where the id names one.
    this.#connections.get(parsed.connection);
    return true;
  }
}
