import { Body, Controller, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiRequestId } from '../http/api-docs.ts';
import { anonymousCaller } from '../http/caller.ts';
import { callerGone } from '../http/caller-gone.ts';
import { waitOf } from '../http/waiting.ts';
import { idempotencyKeyOf } from '../ledger/idempotency.ts';
import { ApiBatch } from './batch-docs.ts';
import type { BatchResult } from './batch.dto.ts';
import { batchItemsOf } from './batch-items.ts';
import { BatchQuery } from './batch.query.ts';
import { BatchService } from './batch.service.ts';
import { lookAgainSeconds } from '../operations/send-change.ts';

/** Many changes in one call. */
@ApiTags('Changes')
@ApiRequestId()
@Controller('v1/processes/batch')
export class BatchController {
  readonly #batches: BatchService;

  constructor(@Inject(BatchService) batches: BatchService) {
    this.#batches = batches;
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Change many processes',
    description:
      'Up to 200 changes, each what its own route does, with a status, an operation and an outcome of its own: one that is refused holds up no other, and nothing is taken back. No two are about the same process, as they are done in any order.',
  })
  @ApiBatch()
  async batch(
    @Query() query: BatchQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ data: readonly BatchResult[] }> {
    const waitMs = waitOf(request, reply, query.wait);
    const { data, isReplay } = await this.#batches.run({
      items: batchItemsOf(body),
      isPlan: query.validateOnly === true,
      path: request.url.split('?')[0] ?? '',
      requestId: request.id,
      caller: anonymousCaller,
      idempotencyKey: idempotencyKeyOf(request.headers['idempotency-key']),
      waitMs,
      gone: callerGone(reply),
    });
    void reply.header('cache-control', 'no-store');
    if (isReplay) void reply.header('idempotency-replayed', '?1');
    if (data.some(({ status }) => status === 202))
      void reply.code(202).header('retry-after', String(lookAgainSeconds));
    return { data };
  }
}
