import { Controller, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG } from '../../config/config.module.ts';
import type { GatewayConfig } from '../../config/gateway.config.ts';
import { ApiRequestId } from '../../http/api-docs.ts';
import { anonymousCaller } from '../../http/caller.ts';
import { callerGone } from '../../http/caller-gone.ts';
import { ApiIdempotencyKey } from '../../http/idempotency-docs.ts';
import { discardBody, rawBodyOf, rawBodyRoute } from '../../http/raw-body.ts';
import { ApiPrefer, waitOf } from '../../http/waiting.ts';
import { toldBy } from '../../ledger/accept-once.ts';
import { readAccepted } from '../../ledger/read-accepted.ts';
import { ApiStarted, ApiStartProblems } from '../run-docs.ts';
import { RunAcceptance } from './run-acceptance.ts';
import { RunsService } from '../runs.service.ts';
import { sendStarted, startKeyOf } from './send-run.ts';
import { startFilesBody } from './start-files.body.ts';
import { StartFilesQuery } from './start-files.query.ts';
import { StartFilesService } from './start-files.service.ts';

/** Starts that bring their own files. */
@ApiTags('Runs')
@ApiRequestId()
@Controller('v1/runs')
export class StartFilesController {
  readonly #starts: StartFilesService;
  readonly #runs: RunsService;
  readonly #acceptance: RunAcceptance;
  readonly #requiresKey: boolean;

  constructor(
    @Inject(StartFilesService) starts: StartFilesService,
    @Inject(RunsService) runs: RunsService,
    @Inject(RunAcceptance) acceptance: RunAcceptance,
    @Inject(GATEWAY_CONFIG) config: GatewayConfig,
  ) {
    this.#starts = starts;
    this.#runs = runs;
    this.#acceptance = acceptance;
    this.#requiresKey = config.runs.requireIdempotencyKey;
  }

  @Post()
  @HttpCode(202)
  @RouteConfig(rawBodyRoute)
  @ApiOperation({
    summary: 'Start with files',
    description:
      'An archive, files and parameters for a run, as a form with its parts in any order, or a ZIP alone with `?connection=` or `?process=`. They are stored as they come and streamed to the platform; the start is as certain as any other. Equal with the same `Idempotency-Key` are requests with the same parts, whatever their order. 501 where the platform takes no files.',
    requestBody: startFilesBody,
  })
  @ApiIdempotencyKey()
  @ApiPrefer()
  @ApiStarted()
  @ApiStartProblems('invalid_file')
  async startFiles(
    @Query() query: StartFilesQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { wait, ...target } = query;
    try {
      const waitMs = waitOf(request, reply, wait);
      const key = {
        caller: anonymousCaller,
        idempotencyKey: startKeyOf(request, this.#requiresKey),
      };
      const start = await this.#starts.start({
        ...key,
        requestId: request.id,
        path: request.url.split('?')[0] ?? '',
        query: target,
        body: () => rawBodyOf(request),
      });
      const run = await readAccepted(start, 'run', async () =>
        this.#runs.wait(await this.#runs.find(start.id), waitMs, callerGone(reply)),
      );
      await sendStarted(reply, this.#runs.show(run, false), toldBy(start, waitMs), (status) =>
        this.#acceptance.answered(key, start, status),
      );
    } finally {
      discardBody(request);
    }
  }
}
