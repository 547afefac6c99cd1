import { Controller, Get, Inject, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FallbackCells } from '../catalogue/fallback-cells.ts';
import { demandOf } from '../catalogue/freshness.ts';
import {
  ApiAnswer,
  ApiFreshness,
  ApiProblems,
  ApiRequestId,
  cachingHeaders,
  listHeaders,
} from '../http/api-docs.ts';
import { DeploymentListDto } from './deployment.dto.ts';
import { ProcessDetailDto } from './process.dto.ts';
import { VersionDto, VersionListDto } from './version.dto.ts';
import { PossibleProcessGuard } from './possible-process.guard.ts';
import { IncludeNativeQuery, ListIncludeNativeQuery, ListVersionsQuery } from './process.query.ts';
import { ApiProcessId, ApiVersionParam, placed, upstreamProblems } from './process-docs.ts';
import { ProcessesService } from './processes.service.ts';
import { nextLink } from './send-list.ts';
import { sendFound } from './send-found.ts';

const defaultLimit = 50;

/** Processes one by one. */
@ApiTags('Processes')
@ApiRequestId()
@UseGuards(PossibleProcessGuard)
@Controller('v1/processes/:id')
export class ProcessController {
  readonly #processes: ProcessesService;
  readonly #cells: FallbackCells;

  constructor(
    @Inject(ProcessesService) processes: ProcessesService,
    @Inject(FallbackCells) cells: FallbackCells,
  ) {
    this.#processes = processes;
    this.#cells = cells;
  }

  @Get()
  @ApiOperation({
    summary: 'Get one process, whole',
    description:
      'With its deployments, the schema of its input and its configuration, as far as the platform has them. While the platform cannot be asked, what was kept of it stands in (`Cache-Status: …; detail=stale-if-error`), else the list’s entry (`detail=list-entry`), in which these three are null.',
  })
  @ApiProcessId()
  @ApiAnswer(ProcessDetailDto, 'The process.', placed(cachingHeaders))
  @ApiFreshness(placed(cachingHeaders))
  @ApiProblems(...upstreamProblems)
  async getProcess(
    @Param('id') id: string,
    @Query() query: IncludeNativeQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const demand = demandOf(request.headers['cache-control']);
    const found = await this.#processes.process(id, query.include === 'native', demand);
    sendFound(request, reply, found, { asked: id, path: '', now: this.#cells.now() });
  }

  @Get('versions')
  @ApiOperation({
    summary: 'List the versions of a process',
    description: 'Newest first. 501 where the platform has no versions.',
  })
  @ApiProcessId()
  @ApiAnswer(VersionListDto, 'A page of versions.', placed(listHeaders, '/versions'))
  @ApiFreshness(placed(listHeaders, '/versions'))
  @ApiProblems(...upstreamProblems, 'cursor_expired')
  async listVersions(
    @Param('id') id: string,
    @Query() query: ListVersionsQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { active = null, limit = defaultLimit, cursor = null } = query;
    const demand = demandOf(request.headers['cache-control']);
    const native = query.include === 'native';
    const found = await this.#processes.versions(id, { active, limit, cursor }, native, demand);
    const { nextCursor } = found.body.page;
    if (nextCursor !== null) void reply.header('link', nextLink(request.url, nextCursor));
    sendFound(request, reply, found, { asked: id, path: '/versions', now: this.#cells.now() });
  }

  @Get('versions/:version')
  @ApiOperation({
    summary: 'Get one version',
    description: 'By its number, by a tag that points at it, or as `latest`.',
  })
  @ApiProcessId()
  @ApiVersionParam()
  @ApiAnswer(VersionDto, 'The version.', placed(cachingHeaders, '/versions/1'))
  @ApiFreshness(placed(cachingHeaders, '/versions/1'))
  @ApiProblems(...upstreamProblems)
  async getVersion(
    @Param('id') id: string,
    @Param('version') version: string,
    @Query() query: IncludeNativeQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const demand = demandOf(request.headers['cache-control']);
    const found = await this.#processes.version(id, version, query.include === 'native', demand);
    const path = `/versions/${encodeURIComponent(found.body.version)}`;
    sendFound(request, reply, found, { asked: id, path, now: this.#cells.now() });
  }

  @Get('deployments')
  @ApiOperation({
    summary: 'List the deployments of a process',
    description:
      'Where its versions are runnable, as far as the connection can see. 501 where the platform has no deployments.',
  })
  @ApiProcessId()
  @ApiAnswer(DeploymentListDto, 'All of them.', placed(cachingHeaders, '/deployments'))
  @ApiFreshness(placed(cachingHeaders, '/deployments'))
  @ApiProblems(...upstreamProblems)
  async listDeployments(
    @Param('id') id: string,
    @Query() query: ListIncludeNativeQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const demand = demandOf(request.headers['cache-control']);
    const found = await this.#processes.deployments(id, query.include === 'native', demand);
    const body = { data: found.body, page: { nextCursor: null, total: found.body.length } };
    sendFound(
      request,
      reply,
      { ...found, body },
      { asked: id, path: '/deployments', now: this.#cells.now() },
    );
  }
}
