import {
  Body,
  Controller,
  HttpCode,
  Inject,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AwaitedChanges } from '../operations/awaited-changes.ts';
import { ApiChange } from '../changes/change-docs.ts';
import { noIfMatch, noIfNoneMatch } from '../operations/if-match.ts';
import { sendChanged } from '../operations/send-change.ts';
import { KnownItemsGuard } from '../exports/known-items.guard.ts';
import { ApiRequestId } from '../http/api-docs.ts';
import { anonymousCaller } from '../http/caller.ts';
import { callerGone } from '../http/caller-gone.ts';
import { waitOf } from '../http/waiting.ts';
import { idempotencyKeyOf } from '../ledger/idempotency.ts';
import { examplePromotion, PromotionRequestDto } from './promotion.dto.ts';
import { PromotionQuery } from './promotion.query.ts';
import { PromotionsService } from './promotions.service.ts';

/** Versions, taken from one connection to another. */
@ApiTags('Processes')
@ApiRequestId()
@Controller('v1/promotions')
export class PromotionsController {
  readonly #promotions: PromotionsService;
  readonly #awaited: AwaitedChanges;

  constructor(
    @Inject(PromotionsService) promotions: PromotionsService,
    @Inject(AwaitedChanges) awaited: AwaitedChanges,
  ) {
    this.#promotions = promotions;
    this.#awaited = awaited;
  }

  @Post()
  @HttpCode(202)
  @UseGuards(KnownItemsGuard)
  @ApiOperation({
    summary: 'Move versions to another connection',
    description:
      'Exports versions of one connection and imports them into another one of the same platform, as one operation of that: it waits in the line of its imports. A version that is left out is the latest one when it is its turn. `validateOnly` exports, plans, and does nothing.',
  })
  @ApiBody({
    type: PromotionRequestDto,
    examples: { 'To another environment': { value: examplePromotion } },
  })
  @ApiChange([200], 'precondition_failed', 'invalid_file')
  async promote(
    @Query() { wait, validateOnly }: PromotionQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { headers } = request;
    noIfMatch(headers['if-match']);
    noIfNoneMatch(headers['if-none-match']);
    const call = {
      caller: anonymousCaller,
      idempotencyKey: idempotencyKeyOf(headers['idempotency-key']),
      path: request.url.split('?')[0] ?? '',
      requestId: request.id,
      body,
    };
    if (validateOnly === true) {
      const plan = await this.#promotions.plan(call);
      void reply.code(200).header('cache-control', 'no-store').send(plan);
      return;
    }
    const accepted = await this.#promotions.accept(call);
    const waitMs = waitOf(request, reply, wait);
    const operation = await this.#awaited.ended(accepted, waitMs, callerGone(reply));
    await sendChanged(reply, operation, accepted, (status) =>
      this.#awaited.answered(call, accepted, status),
    );
  }
}
