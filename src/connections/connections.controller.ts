import {
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
import { ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FallbackCells } from '../catalogue/fallback-cells.ts';
import { demandOf } from '../catalogue/freshness.ts';
import type { ConnectionState, PlatformState } from '../domain/connection.ts';
import {
  ApiAnswer,
  ApiFreshness,
  ApiProblems,
  ApiRequestId,
  preferenceHeader,
  requestIdHeader,
} from '../http/api-docs.ts';
import { anonymousCaller } from '../http/caller.ts';
import { setCaching } from '../http/caching.ts';
import { SourceDto } from '../http/envelope.dto.ts';
import { ApiIdempotencyKey, replayedHeader } from '../http/idempotency-docs.ts';
import { NoQuery } from '../http/no.query.ts';
import { ValidateOnlyQuery } from '../http/validate-only.query.ts';
import { idempotencyKeyOf } from '../ledger/idempotency.ts';
import { preferenceOf } from '../http/prefer.ts';
import { WriteOnce } from '../ledger/write-once.ts';
import { shown } from '../platforms/examples.ts';
import {
  ConnectionDto,
  ConnectionListDto,
  PlatformListDto,
  TargetListDto,
} from './connection.dto.ts';
import { ConnectionsService } from './connections.service.ts';
import { KnownConnectionGuard } from './known-connection.guard.ts';

/** The envelope of a collection that has one page. */
interface Collection<T> {
  readonly data: readonly T[];
  readonly page: { readonly nextCursor: null; readonly total: number };
}

const ApiConnectionParam = (): MethodDecorator =>
  ApiParam({
    name: 'connection',
    description: 'Id of the connection.',
    schema: { type: 'string', example: shown('answersEveryRoute').connection },
  });

const ApiRefreshed = (status: number, description: string): MethodDecorator =>
  ApiResponse({
    status,
    description,
    type: SourceDto,
    headers: { ...preferenceHeader, ...replayedHeader, ...requestIdHeader },
  });

const upstreamProblems = [
  'not_found',
  'capability_not_supported',
  'upstream_auth_failed',
  'upstream_contract',
  'upstream_unavailable',
  'upstream_rate_limited',
  'upstream_timeout',
  'not_cached',
] as const;

/** What exists, and how it is. */
@ApiTags('Connections')
@ApiRequestId()
@UseGuards(KnownConnectionGuard)
@Controller('v1')
export class ConnectionsController {
  readonly #connections: ConnectionsService;
  readonly #cells: FallbackCells;
  readonly #once: WriteOnce;

  constructor(
    @Inject(ConnectionsService) connections: ConnectionsService,
    @Inject(FallbackCells) cells: FallbackCells,
    @Inject(WriteOnce) once: WriteOnce,
  ) {
    this.#connections = connections;
    this.#cells = cells;
    this.#once = once;
  }

  @Get('platforms')
  @ApiOperation({
    summary: 'List the platforms',
    description:
      'Every kind of platform that this gateway knows, what its connections can do, and which they are.',
  })
  @ApiAnswer(PlatformListDto, 'All platforms.', requestIdHeader)
  @ApiProblems()
  listPlatforms(@Query() _query: NoQuery): Collection<PlatformState> {
    const data = this.#connections.platforms();
    return { data, page: { nextCursor: null, total: data.length } };
  }

  @Get('connections')
  @ApiOperation({
    summary: 'List the connections',
    description:
      'Each with its capabilities, its health, how fresh its list is, and what its platform says of itself. A worker checks every connection twice a minute.',
  })
  @ApiAnswer(ConnectionListDto, 'All connections.', requestIdHeader)
  @ApiProblems()
  async listConnections(@Query() _query: NoQuery): Promise<Collection<ConnectionState>> {
    const data = await this.#connections.all();
    return { data, page: { nextCursor: null, total: data.length } };
  }

  @Get('connections/:connection')
  @ApiOperation({
    summary: 'Get one connection',
    description: 'Its capabilities, health, freshness and build.',
  })
  @ApiConnectionParam()
  @ApiAnswer(ConnectionDto, 'The connection.', requestIdHeader)
  @ApiProblems('not_found')
  getConnection(
    @Param('connection') id: string,
    @Query() _query: NoQuery,
  ): Promise<ConnectionState> {
    return this.#connections.one(id);
  }

  @Get('connections/:connection/targets')
  @ApiOperation({
    summary: 'List where versions can be deployed or run',
    description:
      'Folders, agent groups or environments, as the platform has them. 501 where it has none.',
  })
  @ApiConnectionParam()
  @ApiAnswer(TargetListDto, 'All of them.')
  @ApiFreshness()
  @ApiProblems(...upstreamProblems)
  async listTargets(
    @Param('connection') id: string,
    @Query() _query: NoQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const answer = await this.#connections.targets(id, demandOf(request.headers['cache-control']));
    const data = answer.value ?? [];
    const known = setCaching(request, reply, { ...answer, now: this.#cells.now() });
    if (known) void reply.code(304).send();
    else void reply.send({ data, page: { nextCursor: null, total: data.length } });
  }

  @Post('connections/:connection/refresh')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Read the list of a connection anew',
    description:
      'One refresh runs, however many ask; forced ones start at most once a second. 202 at once, or with `Prefer: wait=N` the new source as soon as it is there.',
  })
  @ApiConnectionParam()
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description:
      '`wait=N`: wait up to N seconds, 60 at most and without `=N`; `respond-async`: do not wait (RFC 7240).',
    schema: { type: 'string', example: 'wait=10' },
  })
  @ApiIdempotencyKey('refresh-2026-11-21')
  @ApiRefreshed(
    200,
    'The list has been read, or could not be: then `problem` says why. With `validateOnly`: how it stands; nothing is read.',
  )
  @ApiRefreshed(202, 'The refresh runs; this is how the list stands meanwhile.')
  @ApiProblems(
    'not_found',
    'capability_not_supported',
    'conflict',
    'too_large',
    'unsupported_media_type',
    'idempotency_key_reused',
  )
  async refreshConnection(
    @Param('connection') id: string,
    @Query() { validateOnly }: ValidateOnlyQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { waitMs, applied } = preferenceOf(request.headers['prefer']);
    if (validateOnly === true) {
      idempotencyKeyOf(request.headers['idempotency-key']);
      void reply.code(200).send(await this.#connections.refreshable(id));
      return;
    }
    const { result, isReplay } = await this.#once.run(
      { request, body: request.body, caller: anonymousCaller, record: id },
      () => this.#connections.refresh(id, waitMs ?? 0),
    );
    const { done, source } = result ?? (await this.#connections.refreshed(id));
    if (isReplay) void reply.header('idempotency-replayed', '?1');
    if (applied !== null) void reply.header('preference-applied', applied);
    void reply.code(waitMs !== null && done ? 200 : 202).send(source);
  }
}
