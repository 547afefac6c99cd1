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
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Operation } from '../domain/operation.ts';
import {
  ApiProblems,
  ApiRequestId,
  ApiWriteProblems,
  listHeaders,
  preferenceHeader,
  requestIdHeader,
} from '../http/api-docs.ts';
import { bodyOf } from '../http/body.ts';
import { anonymousCaller } from '../http/caller.ts';
import { callerGone } from '../http/caller-gone.ts';
import { ApiIdempotencyKey, replayedHeader } from '../http/idempotency-docs.ts';
import { NoQuery } from '../http/no.query.ts';
import { ValidateOnlyQuery } from '../http/validate-only.query.ts';
import { ApiPrefer, waitOf } from '../http/waiting.ts';
import { tellOutcome } from '../http/write-audit.ts';
import { idempotencyKeyOf } from '../ledger/idempotency.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { WriteOnce } from '../ledger/write-once.ts';
import { nextLink } from '../processes/send-list.ts';
import { ApiEvents, ApiLastEventId, ApiNothingMore } from '../watching/event-docs.ts';
import { waitForEnd } from '../watching/record-waits.ts';
import { sendEvents } from '../watching/send-events.ts';
import { StreamQuery } from '../watching/stream.query.ts';
import type { KeptOperation } from './kept-operation.ts';
import { KnownOperationGuard } from './known-operation.guard.ts';
import { ApiOperationId, operationProblems } from './operation-docs.ts';
import { OperationDto, OperationListDto } from './operation.dto.ts';
import { exampleOperation } from './operation-examples.ts';
import { OperationFeed } from './operation-feed.ts';
import { toOperation } from './operation.presenter.ts';
import { GetOperationQuery, ListOperationsQuery } from './operation.query.ts';
import { type OperationsBody, OperationsService } from './operations.service.ts';
import { ResolveOperationDto } from './resolve-operation.dto.ts';
import { WatchableOperations } from './watchable-operations.ts';

const example = `id: 2\nevent: operation\ndata: {"id":"${exampleOperation.id}","status":"running","final":false}\n\n`;

/** A write, as its route was asked for it. */
interface AskedWrite {
  readonly id: string;
  readonly body: unknown;
  readonly query: ValidateOnlyQuery;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What the gateway does for callers: found, watched, cancelled, settled. */
@ApiTags('Operations')
@ApiRequestId()
@Controller('v1/operations')
export class OperationsController {
  readonly #operations: OperationsService;
  readonly #feed: OperationFeed;
  readonly #watched: WatchableOperations;
  readonly #once: WriteOnce;

  constructor(
    @Inject(OperationsService) operations: OperationsService,
    @Inject(OperationFeed) feed: OperationFeed,
    @Inject(WatchableOperations) watched: WatchableOperations,
    @Inject(WriteOnce) once: WriteOnce,
  ) {
    this.#operations = operations;
    this.#feed = feed;
    this.#watched = watched;
    this.#once = once;
  }

  @Get()
  @ApiOperation({
    summary: 'List operations',
    description:
      'Those of all connections, newest first, for 30 days after their end. `outcome=unknown&final=true` lists what is in doubt. A page may be short and have a `nextCursor` all the same.',
  })
  @ApiResponse({
    status: 200,
    description: 'A page of operations.',
    type: OperationListDto,
    headers: { Link: listHeaders.Link, ...requestIdHeader },
  })
  @ApiProblems()
  async listOperations(
    @Query() query: ListOperationsQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperationsBody> {
    const body = await this.#operations.list(query);
    const { nextCursor } = body.page;
    if (nextCursor !== null) void reply.header('link', nextLink(request.url, nextCursor));
    void reply.header('cache-control', 'no-store');
    return body;
  }

  @Get(':id')
  @UseGuards(KnownOperationGuard)
  @ApiOperation({
    summary: 'Get one operation',
    description: '`wait` answers as soon as it has ended, or when the time is over.',
  })
  @ApiOperationId()
  @ApiPrefer()
  @ApiResponse({
    status: 200,
    description: 'The operation.',
    type: OperationDto,
    headers: { ...preferenceHeader, ...requestIdHeader },
  })
  @ApiProblems(...operationProblems)
  async getOperation(
    @Param('id') id: string,
    @Query() query: GetOperationQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Operation> {
    const waitMs = waitOf(request, reply, query.wait);
    const found = await this.#operations.find(id);
    const record = await waitForEnd(this.#feed, found, waitMs, callerGone(reply));
    void reply.header('cache-control', 'no-store');
    return toOperation(record);
  }

  @Get(':id/events')
  @UseGuards(KnownOperationGuard)
  @ApiOperation({
    summary: 'Watch an operation',
    description:
      'Server-sent events, resumable by `Last-Event-ID`. `for` ends the stream after so many seconds.',
  })
  @ApiOperationId()
  @ApiLastEventId()
  @ApiEvents('operation', example)
  @ApiNothingMore('The operation has ended, and the caller has its last event.')
  @ApiProblems(...operationProblems)
  async watchOperation(
    @Param('id') id: string,
    @Query() query: StreamQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendEvents(await this.#watched.watched([id]), query, request, reply);
  }

  @Post(':id/cancel')
  @UseGuards(KnownOperationGuard)
  @HttpCode(200)
  @ApiOperation({
    summary: 'Cancel an operation',
    description:
      'As long as nothing of it was sent; 409 after that. One that was cancelled already stays so.',
  })
  @ApiOperationId()
  @ApiIdempotencyKey('cancel-4711')
  @ApiWrittenOperation()
  @ApiWriteProblems({}, ...operationProblems, 'conflict', 'idempotency_key_reused')
  cancelOperation(
    @Param('id') id: string,
    @Query() query: ValidateOnlyQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Operation> {
    const asked = { id, body, query, request, reply };
    return this.#do(asked, () => {
      bodyOf(body, NoQuery);
      return query.validateOnly === true
        ? this.#operations.planCancel(id)
        : this.#operations.cancel(id, request.id);
    });
  }

  @Post(':id/resolve')
  @UseGuards(KnownOperationGuard)
  @HttpCode(200)
  @ApiOperation({
    summary: 'Settle what is unknown about an operation',
    description:
      'A person has looked and says what happened: that it was done, or that it was not. 409 when it is not in doubt, or was settled otherwise.',
  })
  @ApiOperationId()
  @ApiIdempotencyKey('resolve-4711')
  @ApiBody({ type: ResolveOperationDto })
  @ApiWrittenOperation()
  @ApiWriteProblems(
    {},
    ...operationProblems,
    'conflict',
    'unsupported_media_type',
    'idempotency_key_reused',
  )
  resolveOperation(
    @Param('id') id: string,
    @Query() query: ValidateOnlyQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Operation> {
    const asked = { id, body, query, request, reply };
    return this.#do(asked, () => {
      const said = bodyOf(body, ResolveOperationDto);
      return query.validateOnly === true
        ? this.#operations.planResolve(id, said)
        : this.#operations.resolve(id, said, request.id);
    });
  }

  async #do(
    { id, body, query, request, reply }: AskedWrite,
    write: () => Promise<StoredRecord<KeptOperation>>,
  ): Promise<Operation> {
    void reply.header('cache-control', 'no-store');
    if (query.validateOnly === true) {
      idempotencyKeyOf(request.headers['idempotency-key']);
      return toOperation(await write());
    }
    const keyed = { request, body, caller: anonymousCaller, record: id };
    const done = await this.#once.run(keyed, write);
    if (done.isReplay) void reply.header('idempotency-replayed', '?1');
    const operation = toOperation(done.result ?? (await this.#operations.find(id)));
    // What it tells of itself is what came of its change.
    tellOutcome(request, 'applied');
    return operation;
  }
}

function ApiWrittenOperation(): MethodDecorator {
  return ApiResponse({
    status: 200,
    description: 'The operation; with `validateOnly`, as it would be: nothing of that is stored.',
    type: OperationDto,
    headers: { ...replayedHeader, ...requestIdHeader },
  });
}
