import {
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
import { ApiBody, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Native } from '../domain/native.ts';
import { ApiRequestId } from '../http/api-docs.ts';
import { bodyOf } from '../http/body.ts';
import { invalid } from '../http/mistakes.ts';
import { PossibleProcessGuard } from '../processes/possible-process.guard.ts';
import { ApiProcessId } from '../processes/process-docs.ts';
import { shown } from '../platforms/examples.ts';
import { ChangeAnswers } from './change-answers.ts';
import { ApiChange } from './change-docs.ts';
import { ProcessPatchDto } from './change.dto.ts';
import { ChangeQuery } from './change.query.ts';
import { ifMatchOf } from './if-match.ts';
import { noBody } from './no-body.ts';
import { refuseUnchangeable, saidOf } from './process-patch.ts';

const ApiIfMatch = (): MethodDecorator =>
  ApiHeader({
    name: 'If-Match',
    required: false,
    description:
      'The version (its number, quoted) that has to be the latest one, else 412; `*`: that there is one (RFC 9110 §13.1.1).',
    schema: { type: 'string', example: '"7"' },
  });

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
  @ApiProcessId()
  @ApiIfMatch()
  @ApiBody({
    schema: {
      type: 'object',
      additionalProperties: true,
      example: shown('configuration').piece ?? {},
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
    const { confirm = null } = query;
    const said = { body, ifMatch: request.headers['if-match'] ?? null };
    return this.#answers.answer({
      ...{ id, query, said, request, reply },
      read: () => {
        const configuration = objectOf(body);
        const ifMatch = ifMatchOf(request.headers['if-match']);
        return {
          kind: 'put_process',
          part: 'configuration',
          input: { members: Object.keys(configuration).sort() },
          isOfStanding: false,
          prepare: ({ connection, key }, signal) =>
            connection
              .part('configuration')
              .prepare({ key, confirm, configuration, ifMatch }, signal),
        };
      },
    });
  }

  @Patch()
  @ApiOperation({
    summary: 'Change a process',
    description:
      'Name, description, labels, whether it can run, or its key: what the platform lets change; 501 naming the members that it does not. A rename answers with the new id, also in `Location`.',
  })
  @ApiProcessId()
  @ApiIfMatch()
  @ApiBody({ type: ProcessPatchDto })
  @ApiChange([200], 'precondition_failed')
  patchProcess(
    @Param('id') id: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { confirm = null } = query;
    const said = { body, ifMatch: request.headers['if-match'] ?? null };
    return this.#answers.answer({
      ...{ id, query, said, request, reply },
      read: () => {
        const patch = saidOf(bodyOf(body, ProcessPatchDto));
        const ifMatch = ifMatchOf(request.headers['if-match']);
        return {
          kind: 'update_process',
          part: 'lifecycle',
          input: patch,
          isOfStanding: true,
          prepare: ({ connection, key }, signal) => {
            const part = connection.part('lifecycle');
            refuseUnchangeable(connection, patch, part.fields);
            return part.prepare({ key, confirm, patch, ifMatch }, signal);
          },
        };
      },
    });
  }

  @Delete()
  @ApiOperation({
    summary: 'Delete a process',
    description:
      'With all of its versions; none is deleted if one may not go. 409 asking for `confirm` where that would stop something that runs.',
  })
  @ApiProcessId()
  @ApiChange([204])
  deleteProcess(
    @Param('id') id: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { confirm = null } = query;
    return this.#answers.answer({
      ...{ id, query, said: body, request, reply },
      read: () => {
        noBody(body);
        return {
          kind: 'delete_process',
          part: 'deletion',
          input: {},
          isOfStanding: true,
          prepare: ({ connection, key }, signal) =>
            connection.part('deletion').prepare({ key, confirm }, signal),
        };
      },
    });
  }

  @Post('rollback')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Go back to the version before',
    description:
      'Which deletes the latest one. 409 where there is only one, as the process would be deleted with it.',
  })
  @ApiProcessId()
  @ApiChange([200])
  rollBack(
    @Param('id') id: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { confirm = null } = query;
    return this.#answers.answer({
      ...{ id, query, said: body, request, reply },
      read: () => {
        noBody(body);
        return {
          kind: 'rollback',
          part: 'rollback',
          input: {},
          isOfStanding: true,
          prepare: ({ connection, key }, signal) =>
            connection.part('rollback').prepare({ key, confirm }, signal),
        };
      },
    });
  }

  @Post('refresh')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Let the platform read its repository again',
    description: 'That the process comes from, where the platform keeps definitions so.',
  })
  @ApiProcessId()
  @ApiChange([200])
  refreshRepository(
    @Param('id') id: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { confirm = null } = query;
    return this.#answers.answer({
      ...{ id, query, said: body, request, reply },
      read: () => {
        noBody(body);
        return {
          kind: 'refresh_repository',
          part: 'repositoryRefresh',
          input: {},
          isOfStanding: true,
          prepare: ({ connection, key }, signal) =>
            connection.part('repositoryRefresh').prepare({ key, confirm }, signal),
        };
      },
    });
  }
}

/** @throws InvalidRequestError when a body is no JSON object */
function objectOf(body: unknown): Native {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Native;
  throw invalid('body', [{ at: 'body', message: 'must be a JSON object' }], {
    outcome: 'not_sent',
  });
}
