import { Controller, Get, Inject, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblems, ApiRequestId, requestIdHeader } from '../http/api-docs.ts';
import { PossibleRunGuard } from './possible-run.guard.ts';
import { ApiRunId, runProblems } from './run-docs.ts';
import { exampleRun } from './run-examples.ts';
import { EventsQuery, StreamQuery } from './run.query.ts';
import { type Reached, reachedBy } from './run-event-id.ts';
import { RunFeed } from './run-feed.ts';
import { isOver, streamRuns } from './run-streams.ts';
import { type FoundRun, type RunsService, WATCHED_RUNS } from './runs.service.ts';

const example = `id: 3\nevent: run\ndata: {"id":"${exampleRun.id}","status":"running","final":false}\n\n`;

const ApiEvents = (): MethodDecorator =>
  ApiResponse({
    status: 200,
    description:
      'Events until the end: `run` with the run after each change, `end` with the run as it ended; a comment every 15 seconds in between. One that is over without `end` is to be opened again with the last `id`.',
    headers: requestIdHeader,
    content: { 'text/event-stream': { schema: { type: 'string' }, example } },
  });

const ApiNothingMore = (description: string): MethodDecorator =>
  ApiResponse({ status: 204, description, headers: requestIdHeader });

const ApiLastEventId = (): MethodDecorator =>
  ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description:
      'The `id` of the last event that the caller has, as it is: what came after it follows. 204 when nothing will.',
    schema: { type: 'string', example: '3' },
  });

/** What becomes of runs, as it happens. */
@ApiTags('Runs')
@ApiRequestId()
@Controller('v1')
export class RunEventsController {
  readonly #runs: RunsService;
  readonly #feed: RunFeed;

  constructor(@Inject(WATCHED_RUNS) runs: RunsService, @Inject(RunFeed) feed: RunFeed) {
    this.#runs = runs;
    this.#feed = feed;
  }

  @Get('runs/:id/events')
  @UseGuards(PossibleRunGuard)
  @ApiOperation({
    summary: 'Watch a run',
    description:
      'Server-sent events, resumable by `Last-Event-ID`. Any number of watchers cost the platform nothing more. `for` ends the stream after so many seconds.',
  })
  @ApiRunId()
  @ApiLastEventId()
  @ApiEvents()
  @ApiNothingMore('The run has ended, and the caller has its last event.')
  @ApiProblems(...runProblems)
  async watchRun(
    @Param('id') id: string,
    @Query() query: StreamQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.#stream([id], query, request, reply);
  }

  @Get('events')
  @ApiOperation({
    summary: 'Watch several runs in one stream',
    description:
      'As the stream of one run, for up to 100 of them: browsers open six connections to a host. It ends when all have ended.',
  })
  @ApiLastEventId()
  @ApiEvents()
  @ApiNothingMore('All have ended, and the caller has the last event.')
  @ApiProblems(...runProblems)
  async watchRuns(
    @Query() query: EventsQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.#stream([...new Set(query.run)], query, request, reply);
  }

  async #stream(
    ids: readonly string[],
    query: StreamQuery,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const found = await Promise.all(ids.map((id) => this.#runs.watched(id)));
    const header = request.headers['last-event-id'];
    const reached = reachedBy(typeof header === 'string' ? header : undefined, ids.length);
    const runs = found.map((run, at) => ({ ...run, ...keptOf(run, reached[at]) }));
    if (runs.every(isOver)) {
      void reply.code(204).send();
      return;
    }
    await Promise.all(found.map((run) => this.#runs.watchOver(run)));
    streamRuns(this.#feed, reply, runs, query.for === undefined ? null : query.for * 1_000);
  }
}

/** Redis may have lost what it was told last: who is ahead of it, or knows of no end where one stands, has what it does not know. */
function keptOf(
  { record: { revision, doc } }: FoundRun,
  reached: Reached = { after: 0, hasEnd: false },
): Reached {
  const { after, hasEnd } = reached;
  const isOther = after > revision || (after === revision && doc.final && !hasEnd);
  return isOther ? { after: 0, hasEnd: false } : reached;
}
