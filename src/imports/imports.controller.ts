import { Controller, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AwaitedChanges } from '../operations/awaited-changes.ts';
import { toldBy } from '../ledger/accept-once.ts';
import { planTokenIn } from '../operations/if-match.ts';
import { sendChanged } from '../operations/send-change.ts';
import { ApiRequestId } from '../http/api-docs.ts';
import { anonymousCaller } from '../http/caller.ts';
import { callerGone } from '../http/caller-gone.ts';
import { namedInQuery, queryOf } from '../http/query.ts';
import { discardBody, formRoute, rawBodyOf } from '../http/raw-body.ts';
import { ifMatchRoute } from '../http/preconditions.ts';
import { preferenceOf } from '../http/prefer.ts';
import { waitOf } from '../http/waiting.ts';
import { tellAsked } from '../http/write-audit.ts';
import { idempotencyKeyOf } from '../ledger/idempotency.ts';
import { importBody } from './import.body.ts';
import { ApiImport } from './import-docs.ts';
import { sendPlan } from './import-plan.ts';
import { ImportQuery } from './import.query.ts';
import { ImportsService } from './imports.service.ts';

/** Files of processes, brought into a connection. */
@ApiTags('Processes')
@ApiRequestId()
@Controller('v1/imports')
export class ImportsController {
  readonly #imports: ImportsService;
  readonly #awaited: AwaitedChanges;

  constructor(
    @Inject(ImportsService) imports: ImportsService,
    @Inject(AwaitedChanges) awaited: AwaitedChanges,
  ) {
    this.#imports = imports;
    this.#awaited = awaited;
  }

  @Post()
  @HttpCode(202)
  @RouteConfig({ ...formRoute, ...ifMatchRoute })
  @ApiOperation({
    summary: 'Import a file of processes',
    description:
      'A form with its parts in any order. The file is stored as it comes and looked into before it is accepted: what is wrong with it is 422 and says where. Then the answer is 202 with an operation, and a worker imports it: one at a time per connection, in the order in which they came, within a day. What is there already is a matter of the operation: its end is the 409. `result.items` says of each process what became of it. A file that is too large is 413 as soon as that shows, so `connection` comes best before it, and `validateOnly`, too. Equal with the same `Idempotency-Key` are requests with the same parts, whatever their order. 501 where the platform imports nothing.',
    requestBody: importBody,
  })
  @ApiImport('import-4711')
  async importFile(
    @Query() _query: ImportQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    try {
      let seconds: number | undefined;
      const gone = callerGone(reply);
      const { plan, accepted, call } = await this.#imports.answer({
        caller: anonymousCaller,
        path: request.url.split('?')[0] ?? '',
        requestId: request.id,
        connection: namedInQuery(request, 'connection'),
        read: () => {
          const { headers } = request;
          const { wait, ...query } = queryOf(request, ImportQuery);
          // What is wrong with it is told first, and what was done of it with the answer only.
          preferenceOf(headers['prefer']);
          seconds = wait;
          const idempotencyKey = idempotencyKeyOf(headers['idempotency-key']);
          return { idempotencyKey, planToken: planTokenIn(headers['if-match']), query };
        },
        body: () => rawBodyOf(request),
        heard: ({ connection, isPlan }) => {
          tellAsked(request, { connection, isPlan });
        },
        gone,
      });
      if (accepted === null) {
        sendPlan(reply, plan);
        return;
      }
      const waitMs = waitOf(request, reply, seconds);
      const operation = await this.#awaited.ended(accepted, waitMs, gone);
      await sendChanged(reply, operation, toldBy(accepted, waitMs), (status) =>
        this.#awaited.answered(call, accepted, status),
      );
    } finally {
      discardBody(request);
    }
  }
}
