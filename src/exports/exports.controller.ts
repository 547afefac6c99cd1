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
import { demandOf } from '../catalogue/freshness.ts';
import { ApiRequestId, ApiWriteProblems, requestIdHeader } from '../http/api-docs.ts';
import { anonymousCaller } from '../http/caller.ts';
import { callerGone } from '../http/caller-gone.ts';
import { digested } from '../http/file-digest.ts';
import { ApiFile } from '../http/file-docs.ts';
import { ApiIdempotencyKey, replayedHeader } from '../http/idempotency-docs.ts';
import { NoQuery } from '../http/no.query.ts';
import { tellAsked } from '../http/write-audit.ts';
import { idempotencyKeyOf } from '../ledger/idempotency.ts';
import { beforeAcceptance } from '../ledger/with-outcome.ts';
import { WriteOnce } from '../ledger/write-once.ts';
import { allShown } from '../platforms/examples.ts';
import { upstreamProblems } from '../processes/process-docs.ts';
import { sendFile } from '../processes/send-file.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { ExportRequestDto } from './export.dto.ts';
import { ExportsService } from './exports.service.ts';
import { KnownItemsGuard } from './known-items.guard.ts';

const description = [
  'The platform’s own file of several processes where it has one, else a ZIP of their packages, made while it is sent. Nothing is sent before all of it was found; where a package fails after that, the connection is cut, so that no part passes for the whole.',
  ...allShown('packageNote'),
  'It changes nothing. 501 where the platform has no packages. Never cached: `Cache-Control: only-if-cached` is 504.',
].join(' ');

/** Several versions in one file. */
@ApiTags('Processes')
@ApiRequestId()
@Controller('v1/exports')
export class ExportsController {
  readonly #exports: ExportsService;
  readonly #once: WriteOnce;
  readonly #log: Log;

  constructor(
    @Inject(ExportsService) exports: ExportsService,
    @Inject(WriteOnce) once: WriteOnce,
    @Inject(LOG) log: Log,
  ) {
    this.#exports = exports;
    this.#once = once;
    this.#log = log;
  }

  @Post()
  @HttpCode(200)
  @UseGuards(KnownItemsGuard)
  @ApiOperation({ summary: 'Download several versions in one file', description })
  @ApiIdempotencyKey(
    'export-2026-11-21',
    'reads all of it again, as there is nothing to be done twice (`Idempotency-Replayed: ?1`)',
  )
  @ApiBody({ type: ExportRequestDto })
  @ApiFile(
    'The bytes, streamed.',
    'export.zip',
    {
      'application/zip': { schema: { type: 'string', format: 'binary' } },
      // Where the platform has a format for several, its shape is the platform's own.
      'application/json': { schema: {} },
    },
    { ...replayedHeader, ...requestIdHeader },
  )
  @ApiWriteProblems(
    {},
    ...upstreamProblems,
    'conflict',
    'unsupported_media_type',
    'idempotency_key_reused',
  )
  async exportVersions(
    @Query() _query: NoQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const order = this.#exports.order(body);
    tellAsked(request, { connection: order.connection.id });
    // 400 goes before 501.
    idempotencyKeyOf(request.headers['idempotency-key']);
    order.connection.part('export');
    const gone = callerGone(reply);
    const open = async () => {
      try {
        const demand = demandOf(request.headers['cache-control']);
        return await digested(request, await this.#exports.open(order, demand, gone));
      } catch (error) {
        throw beforeAcceptance(error);
      }
    };
    const write = { request, body, caller: anonymousCaller, record: order.connection.id };
    const { result, isReplay } = await this.#once.run(write, open);
    if (isReplay) void reply.header('idempotency-replayed', '?1');
    void reply.code(200);
    sendFile(request, reply, result ?? (await open()), { log: this.#log, gone });
  }
}
