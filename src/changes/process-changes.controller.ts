import {
  applyDecorators,
  Body,
  Controller,
  Delete,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiRequestId } from '../http/api-docs.ts';
import { ifMatchRoute } from '../http/preconditions.ts';
import { PossibleProcessGuard } from '../processes/possible-process.guard.ts';
import { ApiProcessId } from '../processes/process-docs.ts';
import { ChangeAnswers } from './change-answers.ts';
import { ApiChange } from './change-docs.ts';
import { exampleDefinition, exampleOfRepository } from './change-examples.ts';
import { ProcessPatchDto } from './change.dto.ts';
import { ChangeQuery } from './change.query.ts';
import {
  deleteOrder,
  patchOrder,
  putOrder,
  refreshOrder,
  rollbackOrder,
} from './process-orders.ts';

/** A change that is made of one version only, where its caller says which. */
const HeedsIfMatch = (): MethodDecorator =>
  applyDecorators(
    RouteConfig(ifMatchRoute),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description:
        'The version (its number, quoted) that has to be the latest one, else 412; `*`: that there is one (RFC 9110 §13.1.1).',
      schema: { type: 'string', example: `"${exampleDefinition.latest}"` },
    }),
  );

/** Changes of processes. */
@ApiTags('Changes')
@ApiRequestId()
@UseGuards(PossibleProcessGuard)
@Controller('v1/processes/:id')
export class ProcessChangesController {
  readonly #answers: ChangeAnswers;

  constructor(@Inject(ChangeAnswers) answers: ChangeAnswers) {
    this.#answers = answers;
  }

  @Put()
  @ApiOperation({
    summary: 'Create or replace a process',
    description:
      'With its configuration, as `configuration` of a single process shows it; members that the platform keeps itself are left out of it. 501 where the platform’s definitions are files: see imports.',
  })
  @ApiProcessId(exampleDefinition.id)
  @HeedsIfMatch()
  @ApiBody({
    schema: {
      type: 'object',
      additionalProperties: true,
      example: exampleDefinition.configuration,
    },
  })
  @ApiChange([200, 201], 'precondition_failed')
  putProcess(
    @Param('id') id: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#answers.answer({ id, query, body, request, reply, read: putOrder });
  }

  @Patch()
  @ApiOperation({
    summary: 'Change a process',
    description:
      'Name, description, labels, whether it can run, or its key: what the platform lets change; 501 naming the members that it does not. A rename answers with the new id, also in `Location`.',
  })
  @ApiProcessId(exampleDefinition.id)
  @HeedsIfMatch()
  @ApiBody({
    type: ProcessPatchDto,
    examples: {
      'It can run': { value: { enabled: true } },
      'Another description': { value: { description: 'Posts the invoices of the day.' } },
      'A rename': { value: { key: 'INVOICES_2027' } },
    },
  })
  @ApiChange([200], 'precondition_failed')
  patchProcess(
    @Param('id') id: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#answers.answer({ id, query, body, request, reply, read: patchOrder });
  }

  @Delete()
  @ApiOperation({
    summary: 'Delete a process',
    description:
      'With all of its versions; none is deleted if one may not go. 409 asking for `confirm` where that would stop something that runs.',
  })
  @ApiProcessId(exampleDefinition.id)
  @ApiChange([204])
  deleteProcess(
    @Param('id') id: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#answers.answer({ id, query, body, request, reply, read: deleteOrder });
  }

  @Post('rollback')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Go back to the version before',
    description:
      'Which deletes the latest one. 409 asking for `confirm=delete` where there is only one, as the process would be deleted with it.',
  })
  @ApiProcessId(exampleDefinition.id)
  @ApiChange([200])
  rollBack(
    @Param('id') id: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#answers.answer({ id, query, body, request, reply, read: rollbackOrder });
  }

  @Post('refresh')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Let the platform read its repository again',
    description: 'That the process comes from, where the platform keeps definitions so.',
  })
  @ApiProcessId(exampleOfRepository)
  @ApiChange([200])
  refreshRepository(
    @Param('id') id: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#answers.answer({ id, query, body, request, reply, read: refreshOrder });
  }
}
