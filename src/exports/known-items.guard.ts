import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ExportsService } from './exports.service.ts';

/** Refuses items that cannot be there before anything else of the request is looked at: 404 goes before 400. */
@Injectable()
export class KnownItemsGuard implements CanActivate {
  readonly #exports: ExportsService;

  constructor(@Inject(ExportsService) exports: ExportsService) {
    this.#exports = exports;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { body } = context.switchToHttp().getRequest<FastifyRequest>();
    await this.#exports.refuseImpossible(body);
    return true;
  }
}
