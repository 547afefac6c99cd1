import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { demandOf } from '../catalogue/freshness.ts';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import type { Run } from '../domain/run.ts';
import {
  ApiAnswer,
  ApiCacheControl,
  ApiProblems,
  ApiRequestId,
  liveListHeaders,
} from '../http/api-docs.ts';
import { anonymousCaller } from '../http/caller.ts';
import { callerGone } from '../http/caller-gone.ts';
import { ApiIdempotencyKey } from '../http/idempotency-docs.ts';
import { ApiPrefer, waitOf } from '../http/waiting.ts';
import { toldBy } from '../ledger/accept-once.ts';
import { readAccepted } from '../ledger/read-accepted.ts';
import { platforms } from '../platforms/all.ts';
import { PossibleProcessGuard } from '../processes/possible-process.guard.ts';
import { ApiProcessId } from '../processes/process-docs.ts';
import { nextLink } from '../processes/send-list.ts';
import { PossibleRunGuard } from './possible-run.guard.ts';
import { ApiRunId, ApiStarted, ApiStartProblems, foundHeaders, runProblems } from './run-docs.ts';
import { RunAcceptance } from './starts/run-acceptance.ts';
import { RunDto, RunListDto } from './run.dto.ts';
import { RunListService, type RunsBody } from './list/run-list.service.ts';
import { GetRunQuery, ListRunsQuery } from './run.query.ts';
import { WaitQuery } from '../http/wait.query.ts';
import { RunsService } from './runs.service.ts';
import { standInStatus } from './stand-in.ts';
import { sendStarted, startKeyOf } from './starts/send-run.ts';
import { StartRunDto } from './starts/start-run.dto.ts';
import { startBody } from './starts/start-options.ts';
import { StartRunsService } from './starts/start-runs.service.ts';

/** Executions of processes: started, found, waited for. */
@ApiTags('Runs')
@ApiRequestId()
@ApiExtraModels(StartRunDto, ...platforms.map(({ startOptions }) => startOptions))
@Controller('v1')
export class RunsController {
  readonly #starts: StartRunsService;
  readonly #runs: RunsService;
  readonly #lists: RunListService;
  readonly #acceptance: RunAcceptance;
  readonly #requiresKey: boolean;

  constructor(
    @Inject(StartRunsService) starts: StartRunsService,
    @Inject(RunsService) runs: RunsService,
    @Inject(RunListService) lists: RunListService,
    @Inject(RunAcceptance) acceptance: RunAcceptance,
    @Inject(GATEWAY_CONFIG) config: GatewayConfig,
  ) {
    this.#starts = starts;
    this.#runs = runs;
    this.#lists = lists;
    this.#acceptance = acceptance;
    this.#requiresKey = config.runs.requireIdempotencyKey;
  }

  @Post('processes/:id/runs')
  @UseGuards(PossibleProcessGuard)
  @HttpCode(202)
  @ApiOperation({
    summary: 'Start a process',
    description:
      'The start is stored before this answers, and sent exactly once, whatever is killed or lost meanwhile; a start that nobody can prove ends as `unknown`, with evidence. Without a body it starts as it is. 202 at once, or with `Prefer: wait=N` the run and its output as soon as it has ended.',
  })
  @ApiProcessId(undefined, '`process` of the run is the canonical id')
  @ApiIdempotencyKey()
  @ApiPrefer()
  @ApiBody({ required: false, schema: startBody(platforms) })
  @ApiStarted()
  @ApiStartProblems('invalid_input')
  async startRun(
    @Param('id') processId: string,
    @Query() query: WaitQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const waitMs = waitOf(request, reply, query.wait);
    const idempotencyKey = startKeyOf(request, this.#requiresKey);
    const call = {
      processId,
      body,
      path: request.url.split('?')[0] ?? '',
      caller: anonymousCaller,
      requestId: request.id,
      idempotencyKey,
    };
    const start = await this.#starts.start(call);
    const run = await readAccepted(start, 'run', async () =>
      this.#runs.wait(await this.#runs.find(start.id), waitMs, callerGone(reply)),
    );
    await sendStarted(reply, this.#runs.show(run, false), toldBy(start, waitMs), (status) =>
      this.#acceptance.answered(call, start, status),
    );
  }

  @Get('runs')
  @ApiOperation({
    summary: 'List the runs of all connections',
    description:
      'Newest first: those that were started here, and those of the last seven days that others have started, as far as their platforms give them: one walk per connection brings them, and `sources` says `warming` where some are missing. `outcome=unknown&final=true` lists what is in doubt. A page may be short and have a `nextCursor` all the same. A `process` may be an alias; when its platform cannot be asked what that means, and no run is of it, the error says so.',
  })
  @ApiAnswer(RunListDto, 'A page of runs.', liveListHeaders)
  @ApiCacheControl()
  @ApiProblems(
    'not_cached',
    'upstream_auth_failed',
    'upstream_contract',
    'upstream_unavailable',
    'upstream_rate_limited',
    'upstream_timeout',
  )
  async listRuns(
    @Query() query: ListRunsQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RunsBody> {
    const body = await this.#lists.list(query, demandOf(request.headers['cache-control']));
    const complete = body.sources.every(({ status }) => status === 'fresh' || status === 'stale');
    void reply
      .header('gateway-complete', complete ? '?1' : '?0')
      .header('cache-control', 'no-store');
    const { nextCursor } = body.page;
    if (nextCursor !== null) void reply.header('link', nextLink(request.url, nextCursor));
    return body;
  }

  @Get('runs/:id')
  @UseGuards(PossibleRunGuard)
  @ApiOperation({
    summary: 'Get one run',
    description:
      'From its record, which the gateway keeps up to date until it has ended; one that others have started is read from its platform; where that fails or takes longer than 2.5 seconds, what was kept of it stands in (`Cache-Status: …; detail=stale-if-error`). `Cache-Control: no-cache` asks the platform in any case; one that it has forgotten is as its record says, and with `include=native` its `native` is null. `wait` answers as soon as it has ended, or when the time is over.',
  })
  @ApiRunId()
  @ApiPrefer()
  @ApiHeader({
    name: 'Cache-Control',
    required: false,
    description: '`no-cache`: as its platform has it now.',
    schema: { type: 'string', example: 'no-cache' },
  })
  @ApiResponse({ status: 200, description: 'The run.', type: RunDto, headers: foundHeaders })
  @ApiProblems(...runProblems)
  async getRun(
    @Param('id') id: string,
    @Query() query: GetRunQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Run> {
    const waitMs = waitOf(request, reply, query.wait);
    const withNative = query.include === 'native';
    const isLive = demandOf(request.headers['cache-control']).forced || withNative;
    const begun = performance.now();
    const found = await this.#runs.find(id, 'runs', isLive);
    const leftMs = Math.max(waitMs - (performance.now() - begun), 0);
    const waited = await this.#runs.wait(found, leftMs, callerGone(reply));
    // Its record does not have all that its platform has of it.
    const isPartial = withNative && waited.record !== found.record;
    const run = isPartial ? await this.#runs.find(id, 'runs', true) : waited;
    void reply.header('cache-control', 'no-store');
    if (run.isStale === true) void reply.header('cache-status', standInStatus);
    return this.#runs.show(run, withNative);
  }
}
