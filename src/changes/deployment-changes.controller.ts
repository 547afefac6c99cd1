import {
  Body,
  Controller,
  Delete,
  Inject,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiRequestId } from '../http/api-docs.ts';
import { bodyOf } from '../http/body.ts';
import { invalid } from '../http/mistakes.ts';
import { PossibleProcessGuard } from '../processes/possible-process.guard.ts';
import { ApiProcessId } from '../processes/process-docs.ts';
import { ChangeAnswers } from './change-answers.ts';
import { ApiChange, ApiDeploymentParam } from './change-docs.ts';
import { DeploymentPatchDto, NewDeploymentDto } from './change.dto.ts';
import { ChangeQuery } from './change.query.ts';
import { noBody } from './no-body.ts';
import { refuseUnchangeable, saidOf } from './process-patch.ts';

/** Changes of deployments. */
@ApiTags('Changes')
@ApiRequestId()
@UseGuards(PossibleProcessGuard)
@Controller('v1/processes/:id/deployments')
export class DeploymentChangesController {
  readonly #answers: ChangeAnswers;

  constructor(@Inject(ChangeAnswers) answers: ChangeAnswers) {
    this.#answers = answers;
  }

  @Post()
  @ApiOperation({
    summary: 'Deploy a version',
    description: 'To one target or several: each is one item of the result.',
  })
  @ApiProcessId()
  @ApiBody({ type: NewDeploymentDto })
  @ApiChange([201])
  deploy(
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
        const wanted = bodyOf(body, NewDeploymentDto);
        const targets = targetsOf(wanted);
        const { version, name = null, description = null, settings = null } = wanted;
        const { activateTriggers = null, variables = null } = wanted;
        const more = { name, description, activateTriggers, settings, variables };
        return {
          kind: 'deploy',
          part: 'deploying',
          // Values of variables may be secrets.
          input: { version, targets, name, activateTriggers },
          isOfStanding: true,
          prepare: ({ connection, key }, signal) =>
            connection
              .part('deploying')
              .prepare({ op: 'deploy', key, confirm, version, targets, ...more }, signal),
        };
      },
    });
  }

  @Patch(':deployment')
  @ApiOperation({
    summary: 'Change a deployment',
    description:
      'The version that it runs, whether its triggers start it, and its settings: what the platform lets change; 501 naming the members that it does not.',
  })
  @ApiProcessId()
  @ApiDeploymentParam()
  @ApiBody({ type: DeploymentPatchDto })
  @ApiChange([200])
  patchDeployment(
    @Param('id') id: string,
    @Param('deployment') deployment: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { confirm = null } = query;
    return this.#answers.answer({
      ...{ id, query, said: body, request, reply },
      read: () => {
        const patch = saidOf(bodyOf(body, DeploymentPatchDto));
        const { settings, ...plain } = patch;
        const named = settings === undefined ? {} : { settings: Object.keys(settings).sort() };
        return {
          kind: 'redeploy',
          part: 'deploying',
          input: { deployment, ...plain, ...named },
          isOfStanding: true,
          prepare: ({ connection, key }, signal) => {
            const part = connection.part('deploying');
            refuseUnchangeable(connection, patch, part.fields);
            return part.prepare({ op: 'redeploy', key, confirm, deployment, patch }, signal);
          },
        };
      },
    });
  }

  @Delete(':deployment')
  @ApiOperation({ summary: 'Undeploy', description: 'The version itself stays.' })
  @ApiProcessId()
  @ApiDeploymentParam()
  @ApiChange([204])
  undeploy(
    @Param('id') id: string,
    @Param('deployment') deployment: string,
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
          kind: 'undeploy',
          part: 'deploying',
          input: { deployment },
          isOfStanding: true,
          prepare: ({ connection, key }, signal) =>
            connection
              .part('deploying')
              .prepare({ op: 'undeploy', key, confirm, deployment }, signal),
        };
      },
    });
  }
}

/** @throws InvalidRequestError when both `target` and `targets` are said */
function targetsOf({ target, targets }: NewDeploymentDto): readonly string[] {
  if (target !== undefined && targets !== undefined) {
    const message = 'must be left out where target is said';
    throw invalid('body', [{ at: 'targets', message }], { outcome: 'not_sent' });
  }
  return targets ?? (target === undefined ? [] : [target]);
}
