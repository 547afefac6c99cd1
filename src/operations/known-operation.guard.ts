import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { OperationsService } from './operations.service.ts';

/** Refuses an operation that there is none of before anything else of the request is looked at: 404 goes before 400. */
@Injectable()
export class KnownOperationGuard implements CanActivate {
  readonly #operations: OperationsService;

  constructor(@Inject(OperationsService) operations: OperationsService) {
    this.#operations = operations;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { params } = context.switchToHttp().getRequest<FastifyRequest>();
    await this.#operations.find((params as { readonly id: string }).id);
    return true;
  }
}
