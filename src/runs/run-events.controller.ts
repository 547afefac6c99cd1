import { Controller, Get, Inject, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblems, ApiRequestId } from '../http/api-docs.ts';
import { ApiEvents, ApiLastEventId, ApiNothingMore } from '../watching/event-docs.ts';
import { sendEvents } from '../watching/send-events.ts';
import { StreamQuery } from '../watching/stream.query.ts';
import { PossibleRunGuard } from './possible-run.guard.ts';
import { ApiRunId, runProblems } from './run-docs.ts';
import { exampleRun } from './run-examples.ts';
import { WatchableRuns } from './watchable-runs.ts';

const example = `id: 3\nevent: run\ndata: {"id":"${exampleRun.id}","status":"running","final":false}\n\n`;

/** What becomes of a run, as it happens. */
@ApiTags('Runs')
@ApiRequestId()
@Controller('v1/runs/:id/events')
export class RunEventsController {
  readonly #runs: WatchableRuns;

  constructor(@Inject(WatchableRuns) runs: WatchableRuns) {
    this.#runs = runs;
  }

  @Get()
  @UseGuards(PossibleRunGuard)
  @ApiOperation({
    summary: 'Watch a run',
    description:
      'Server-sent events, resumable by `Last-Event-ID`. Any number of watchers cost the platform nothing more. `for` ends the stream after so many seconds.',
  })
  @ApiRunId()
  @ApiLastEventId()
  @ApiEvents('run', example)
  @ApiNothingMore('The run has ended, and the caller has its last event.')
  @ApiProblems(...runProblems)
  async watchRun(
    @Param('id') id: string,
    @Query() query: StreamQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendEvents(await this.#runs.watched([id]), query, request, reply);
  }
}
