import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { demandOf } from '../catalogue/freshness.ts';
import {
  ApiAnswer,
  ApiFreshness,
  ApiProblems,
  ApiRequestId,
  facetHeaders,
  mergedHeaders,
} from '../http/api-docs.ts';
import { FacetListDto, ProcessListDto } from './process-list.dto.ts';
import { FacetsQuery, ListProcessesQuery } from './list-processes.query.ts';
import { ListService } from './list.service.ts';
import { sendList } from './send-list.ts';

/** One list over all connections. */
@ApiTags('Processes')
@ApiRequestId()
@Controller('v1/processes')
export class ListController {
  readonly #lists: ListService;

  constructor(@Inject(ListService) lists: ListService) {
    this.#lists = lists;
  }

  @Get()
  @ApiOperation({
    summary: 'List the processes of all connections',
    description:
      'One list over unlike platforms, with stable paging: a walk by `cursor` sees every process that stood throughout exactly once. `sources` says of every connection how fresh its part is and what is missing; `Gateway-Complete: ?0` when anything is. Within a page of `include=versions`, versions are read per process and cached.',
  })
  @ApiAnswer(ProcessListDto, 'A page of processes.', mergedHeaders)
  @ApiFreshness(mergedHeaders)
  @ApiProblems('cursor_expired', 'sources_unavailable', 'upstream_timeout', 'not_cached')
  async listProcesses(
    @Query() query: ListProcessesQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const answer = await this.#lists.list(
      request.url,
      query,
      demandOf(request.headers['cache-control']),
    );
    sendList(request, reply, answer);
  }

  @Get('facets')
  @ApiOperation({
    summary: 'Count the values of a member',
    description:
      'The distinct values of one member with how many processes have each, under the filters of the list.',
  })
  @ApiAnswer(FacetListDto, 'The values, the most frequent first.', facetHeaders)
  @ApiFreshness(facetHeaders)
  @ApiProblems('sources_unavailable', 'upstream_timeout', 'not_cached')
  async countProcesses(
    @Query() query: FacetsQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const answer = await this.#lists.facets(
      request.url,
      query,
      demandOf(request.headers['cache-control']),
    );
    sendList(request, reply, answer);
  }
}
