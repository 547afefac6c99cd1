import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RunsService } from './runs.service.ts';

/** Refuses a run of our own that there is none of before anything else of the request is looked at: 404 goes before 400. */
@Injectable()
export class KnownRunGuard implements CanActivate {
  readonly #runs: RunsService;

  constructor(@Inject(RunsService) runs: RunsService) {
    this.#runs = runs;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { params } = context.switchToHttp().getRequest<FastifyRequest>();
    await this.#runs.refuseUnknown((params as { readonly id: string }).id);
    return true;
  }
}
