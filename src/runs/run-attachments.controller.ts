import { Controller, Get, Inject, Param, Query, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { create } from 'content-disposition';
import type { FastifyReply } from 'fastify';
import type { Attachment } from '../domain/adapter.ts';
import { NotFoundError } from '../domain/errors.ts';
import { ApiAnswer, ApiProblems, ApiRequestId, requestIdHeader } from '../http/api-docs.ts';
import { callerGone } from '../http/caller-gone.ts';
import { NoQuery } from '../http/no.query.ts';
import { readTimeoutMs } from '../processes/process-reads.ts';
import { deadline } from '../timing/deadline.ts';
import { opened } from '../timing/opened.ts';
import { refToRead } from './control/named-ref.ts';
import { PossibleRunGuard } from './possible-run.guard.ts';
import { AttachmentListDto } from './run-attachments.dto.ts';
import { ApiRunId, runProblems } from './run-docs.ts';
import { exampleAttachment } from './run-examples.ts';
import { RunsService } from './runs.service.ts';

/** Files that runs leave behind. */
@ApiTags('Runs')
@ApiRequestId()
@UseGuards(PossibleRunGuard)
@Controller('v1/runs/:id/attachments')
export class RunAttachmentsController {
  readonly #runs: RunsService;

  constructor(@Inject(RunsService) runs: RunsService) {
    this.#runs = runs;
  }

  @Get()
  @ApiOperation({
    summary: 'List the files that a run left behind',
    description: 'As its platform has them now. 501 where it keeps none.',
  })
  @ApiRunId()
  @ApiAnswer(AttachmentListDto, 'All of them.', requestIdHeader)
  @ApiProblems(...runProblems, 'conflict')
  async listAttachments(
    @Param('id') id: string,
    @Query() _query: NoQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ data: readonly Attachment[]; page: { nextCursor: null; total: number } }> {
    const found = await this.#runs.find(id, 'attachments');
    const part = found.connection.part('attachments');
    const inTime = deadline(readTimeoutMs(found.connection), callerGone(reply));
    const data = await part.list(refToRead(found.record, 'attachments'), inTime);
    if (data === null) throw new NotFoundError(`There is no run "${id}" any more.`);
    void reply.header('cache-control', 'no-store');
    return { data, page: { nextCursor: null, total: data.length } };
  }

  @Get(':name')
  @ApiOperation({
    summary: 'Download a file that a run left behind',
    description: 'Streamed as its platform gives it.',
  })
  @ApiRunId()
  @ApiParam({
    name: 'name',
    description: 'Its name, percent-encoded as one path segment.',
    schema: { type: 'string', example: exampleAttachment },
  })
  @ApiResponse({
    status: 200,
    description: 'The bytes.',
    headers: {
      'Content-Disposition': {
        description: 'The name of the file.',
        schema: { type: 'string' },
        example: create(exampleAttachment),
      },
      ...requestIdHeader,
    },
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  })
  @ApiProblems(...runProblems, 'conflict')
  async downloadAttachment(
    @Param('id') id: string,
    @Param('name') name: string,
    @Query() _query: NoQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const found = await this.#runs.find(id, 'attachments');
    const part = found.connection.part('attachments');
    const ref = refToRead(found.record, 'attachments');
    // A large file may take its time, but not before it begins.
    const file = await opened(readTimeoutMs(found.connection), callerGone(reply), (signal) =>
      part.open(ref, name, signal),
    );
    if (file === null) throw new NotFoundError(`${found.record.id} has no attachment "${name}".`);
    void reply
      // Whatever a run has written, a browser must not take it for a page of ours.
      .header('content-type', 'application/octet-stream')
      .header('content-disposition', create(file.fileName))
      .header('content-security-policy', "default-src 'none'; sandbox")
      .header('x-content-type-options', 'nosniff')
      .header('cache-control', 'no-store');
    if (file.length !== null) void reply.header('content-length', file.length);
    void reply.send(file.content);
  }
}
