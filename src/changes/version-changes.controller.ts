import {
  Body,
  Controller,
  Delete,
  Inject,
  Param,
  Patch,
  Put,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiRequestId } from '../http/api-docs.ts';
import { PossibleProcessGuard } from '../processes/possible-process.guard.ts';
import { ApiProcessId, ApiVersionParam } from '../processes/process-docs.ts';
import { ChangeAnswers } from './change-answers.ts';
import { ApiChange } from './change-docs.ts';
import { exampleActivable, exampleDefinition } from './change-examples.ts';
import { VersionPatchDto } from './change.dto.ts';
import { ChangeQuery } from './change.query.ts';
import { activateOrder, deleteVersionOrder, tagOrder } from './version-orders.ts';

/** Changes of versions. */
@ApiTags('Changes')
@ApiRequestId()
@UseGuards(PossibleProcessGuard)
@Controller('v1/processes/:id/versions/:version')
export class VersionChangesController {
  readonly #answers: ChangeAnswers;

  constructor(@Inject(ChangeAnswers) answers: ChangeAnswers) {
    this.#answers = answers;
  }

  @Patch()
  @ApiOperation({
    summary: 'Let a version run, or not',
    description:
      '`active`: true makes it the one that runs, false undeploys it (`confirm=undeploy`).',
  })
  @ApiProcessId(exampleActivable.id)
  @ApiVersionParam(exampleActivable.version)
  @ApiBody({ type: VersionPatchDto })
  @ApiChange([200])
  patchVersion(
    @Param('id') id: string,
    @Param('version') version: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#answers.answer({
      id,
      query,
      body,
      request,
      reply,
      read: (said) => activateOrder(version, said),
    });
  }

  @Delete()
  @ApiOperation({
    summary: 'Delete a version',
    description:
      'A tag is taken for the version that it points at now. 409 where it runs, and asking for `confirm` where the process would be deleted with it.',
  })
  @ApiProcessId(exampleDefinition.id)
  @ApiVersionParam(exampleDefinition.version)
  @ApiChange([204])
  deleteVersion(
    @Param('id') id: string,
    @Param('version') version: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#answers.answer({
      id,
      query,
      body,
      request,
      reply,
      read: (said) => deleteVersionOrder(version, said),
    });
  }

  @Put('tags/:tag')
  @ApiOperation({
    summary: 'Tag a version',
    description:
      'From now on the tag points at it, wherever it pointed before. A tag of digits only, `latest` or `*` cannot be made.',
  })
  @ApiProcessId(exampleDefinition.id)
  @ApiVersionParam(exampleDefinition.version)
  @ApiParam({ name: 'tag', description: 'The tag.', schema: { type: 'string', example: 'stable' } })
  @ApiChange([200])
  tagVersion(
    @Param('id') id: string,
    @Param('version') version: string,
    @Param('tag') tag: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#answers.answer({
      id,
      query,
      body,
      request,
      reply,
      read: (said) => tagOrder(version, tag, said),
    });
  }
}
