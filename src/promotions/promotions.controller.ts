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
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AwaitedChanges } from '../operations/awaited-changes.ts';
import { toldBy } from '../ledger/accept-once.ts';
import { planTokenIn } from '../operations/if-match.ts';
import { sendChanged } from '../operations/send-change.ts';
import { KnownItemsGuard } from '../exports/known-items.guard.ts';
import { ApiRequestId } from '../http/api-docs.ts';
import { anonymousCaller } from '../http/caller.ts';
import { callerGone } from '../http/caller-gone.ts';
import { ifMatchRoute } from '../http/preconditions.ts';
import { preferenceOf } from '../http/prefer.ts';
import { waitOf } from '../http/waiting.ts';
import { ApiImport } from '../imports/import-docs.ts';
import { sendPlan } from '../imports/import-plan.ts';
import { idempotencyKeyOf } from '../ledger/idempotency.ts';
import { KnownTargetGuard } from './known-target.guard.ts';
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
  @RouteConfig(ifMatchRoute)
  @UseGuards(KnownItemsGuard, KnownTargetGuard)
  @ApiOperation({
    summary: 'Move versions to another connection',
    description:
      'Exports versions of one connection and imports them into another one of the same platform, as one operation of that: they are exported first, and join the line of its imports once all of them are here. A version that is left out is the latest one when it is exported. `files.maxBytes` is the most for all of them together. `validateOnly` exports, plans, and does nothing; with the `planToken` of that as `If-Match` it is 412 once anything has moved, on either side.',
  })
  @ApiBody({
    type: PromotionRequestDto,
    examples: { 'To another environment': { value: examplePromotion } },
  })
  @ApiImport('promotion-4711', 'rate_limited')
  async promote(
    @Query() { wait, validateOnly }: PromotionQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { headers } = request;
    // What is wrong with it is told first, and what was done of it with the answer only.
    preferenceOf(headers['prefer']);
    const call = {
      caller: anonymousCaller,
      idempotencyKey: idempotencyKeyOf(headers['idempotency-key']),
      path: request.url.split('?')[0] ?? '',
      planToken: planTokenIn(headers['if-match']),
      requestId: request.id,
      body,
      gone: callerGone(reply),
    };
    if (validateOnly === true) {
      sendPlan(reply, await this.#promotions.plan(call));
      return;
    }
    const accepted = await this.#promotions.accept(call);
    const waitMs = waitOf(request, reply, wait);
    const operation = await this.#awaited.ended(accepted, waitMs, call.gone);
    await sendChanged(reply, operation, toldBy(accepted, waitMs), (status) =>
      this.#awaited.answered(call, accepted, status),
    );
  }
}
