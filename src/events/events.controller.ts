import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblems, ApiRequestId } from '../http/api-docs.ts';
import { runProblems } from '../runs/run-docs.ts';
import { exampleRun } from '../runs/run-examples.ts';
import { ApiEvents, ApiLastEventId, ApiNothingMore } from '../watching/event-docs.ts';
import { sendEvents } from '../watching/send-events.ts';
import { Watchables } from '../watching/watchables.ts';
import { EventsQuery, refuseCount } from './events.query.ts';

const example = `id: 3\nevent: run\ndata: {"id":"${exampleRun.id}","status":"running","final":false}\n\n`;

/** What becomes of runs and operations, in one stream. */
@ApiTags('Runs')
@ApiRequestId()
@Controller('v1/events')
export class EventsController {
  readonly #watchables: Watchables;

  constructor(@Inject(Watchables) watchables: Watchables) {
    this.#watchables = watchables;
  }

  @Get()
  @ApiOperation({
    summary: 'Watch several runs and operations in one stream',
    description:
      'As the stream of one of them, for up to 100: browsers open six connections to a host. What becomes of an operation is `operation`. It ends when all have ended. One that there is not is 404 for all of them, and one that cannot be read, and of which nothing is kept, its problem: both name the first such.',
  })
  @ApiLastEventId()
  @ApiEvents('run', example)
  @ApiNothingMore('All have ended, and the caller has the last event.')
  @ApiProblems(...runProblems)
  async watchRuns(
    @Query() query: EventsQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    refuseCount(query);
    await sendEvents(await this.#watchables.watched(query), query, request, reply);
  }
}
