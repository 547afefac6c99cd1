import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { create } from 'content-disposition';
import type { FastifyReply } from 'fastify';
import type { PackageFile } from '../domain/package.ts';
import { ApiProblems, ApiRequestId } from '../http/api-docs.ts';
import { NoQuery } from '../http/no.query.ts';
import { callerGone } from '../http/caller-gone.ts';
import { ApiProcessId, ApiVersionParam, upstreamProblems } from './process-docs.ts';
import { ProcessesService } from './processes.service.ts';

const ApiPackage = (): MethodDecorator =>
  ApiResponse({
    status: 200,
    description: 'The bytes, streamed from the platform.',
    content: {
      'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
      // Where the package of a platform is JSON, its shape is the platform's own.
      'application/json': { schema: {} },
    },
    headers: {
      'Content-Disposition': {
        description: 'The name of the file.',
        schema: { type: 'string' },
        example: 'attachment; filename="SMOKE_TEST.1.json"',
      },
      'Content-Length': {
        description: 'In bytes, where the platform says.',
        schema: { type: 'integer' },
        example: 1_024,
      },
      'Cache-Control': {
        description: 'Always `no-store`.',
        schema: { type: 'string' },
        example: 'no-store',
      },
    },
  });

const warning =
  'Streamed as the platform gives it: a `.nupkg` of UiPath, an export file of Frends, the JSON of OpenDataDSL. A Frends export holds the values that the variables have in its Development agent group. 501 where the platform has no packages.';

/** The bytes of versions. */
@ApiTags('Processes')
@ApiRequestId()
@Controller('v1/processes/:id')
export class PackageController {
  readonly #processes: ProcessesService;

  constructor(@Inject(ProcessesService) processes: ProcessesService) {
    this.#processes = processes;
  }

  @Get('package')
  @ApiOperation({ summary: 'Download the package of the latest version', description: warning })
  @ApiProcessId()
  @ApiPackage()
  @ApiProblems(...upstreamProblems)
  async downloadPackage(
    @Param('id') id: string,
    @Query() _query: NoQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    sendFile(reply, await this.#processes.package(id, null, callerGone(reply)));
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
    @Res() reply: FastifyReply,
  ): Promise<void> {
    sendFile(reply, await this.#processes.package(id, version, callerGone(reply)));
  }
}

/** The name goes into a header in ASCII and in UTF-8 (RFC 6266), the type as the platform says. */
function sendFile(reply: FastifyReply, file: PackageFile): void {
  void reply
    .header('content-type', file.mediaType)
    .header('content-disposition', create(file.fileName))
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store');
  if (file.length !== null) void reply.header('content-length', file.length);
  void reply.send(file.content);
}
