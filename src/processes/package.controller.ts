import { Controller, Get, Inject, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { demandOf } from '../catalogue/freshness.ts';
import { ApiProblems, ApiRequestId, requestIdHeader } from '../http/api-docs.ts';
import { digested } from '../http/file-digest.ts';
import { ApiFile } from '../http/file-docs.ts';
import { NoQuery } from '../http/no.query.ts';
import { callerGone } from '../http/caller-gone.ts';
import { allShown, shown } from '../platforms/examples.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { PossibleProcessGuard } from './possible-process.guard.ts';
import { ApiProcessId, ApiVersionParam, placed, upstreamProblems } from './process-docs.ts';
import { ProcessesService } from './processes.service.ts';
import { sendFile } from './send-file.ts';
import { setLocation } from './send-found.ts';

const ApiPackage = (): MethodDecorator =>
  ApiFile(
    'The bytes, streamed from the platform.',
    shown('fileName').piece ?? 'package.zip',
    {
      'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
      // Where the package of a platform is JSON, its shape is the platform's own.
      'application/json': { schema: {} },
    },
    placed(requestIdHeader, '/package'),
  );

const warning = [
  'Streamed as the platform gives it, in the platform’s own format and with everything that it holds, as the values of variables.',
  ...allShown('packageNote'),
  '501 where the platform has no packages. Never cached: `Cache-Control: only-if-cached` is 504.',
].join(' ');

/** The bytes of versions. */
@ApiTags('Processes')
@ApiRequestId()
@UseGuards(PossibleProcessGuard)
@Controller('v1/processes/:id')
export class PackageController {
  readonly #processes: ProcessesService;
  readonly #log: Log;

  constructor(@Inject(ProcessesService) processes: ProcessesService, @Inject(LOG) log: Log) {
    this.#processes = processes;
    this.#log = log;
  }

  @Get('package')
  @ApiOperation({ summary: 'Download the package of the latest version', description: warning })
  @ApiProcessId()
  @ApiPackage()
  @ApiProblems(...upstreamProblems)
  async downloadPackage(
    @Param('id') id: string,
    @Query() _query: NoQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.#send({ id, version: null }, request, reply);
  }

  @Get('versions/:version/package')
  @ApiOperation({ summary: 'Download the package of a version', description: warning })
  @ApiProcessId()
  @ApiVersionParam()
  @ApiPackage()
  @ApiProblems(...upstreamProblems)
  async downloadVersionPackage(
    @Param('id') id: string,
    @Param('version') version: string,
    @Query() _query: NoQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.#send({ id, version }, request, reply);
  }

  async #send(
    { id, version }: { readonly id: string; readonly version: string | null },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const demand = demandOf(request.headers['cache-control']);
    const gone = callerGone(reply);
    const found = await this.#processes.package(id, version, demand, gone);
    const { version: named } = found;
    const file = await digested(request, found.file);
    const path = named === null ? '/package' : `/versions/${encodeURIComponent(named)}/package`;
    setLocation(request, reply, found.id, { asked: id, path });
    sendFile(request, reply, file, { log: this.#log, gone });
  }
}
