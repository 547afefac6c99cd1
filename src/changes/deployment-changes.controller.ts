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
import { PossibleProcessGuard } from '../processes/possible-process.guard.ts';
import { ApiProcessId } from '../processes/process-docs.ts';
import { ChangeAnswers } from './change-answers.ts';
import { ApiChange, ApiDeploymentParam } from './change-docs.ts';
import { exampleDeployable } from './change-examples.ts';
import { DeploymentPatchDto, NewDeploymentDto } from './change.dto.ts';
import { ChangeQuery } from './change.query.ts';
import { deployOrder, redeployOrder, undeployOrder } from './deployment-orders.ts';

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
  @ApiProcessId(exampleDeployable.id)
  @ApiBody({
    type: NewDeploymentDto,
    examples: {
      'To one target': {
        value: { version: exampleDeployable.version, target: exampleDeployable.target },
      },
      'To several': {
        value: { version: 'latest', targets: [exampleDeployable.target], activateTriggers: false },
      },
    },
  })
  @ApiChange([201])
  deploy(
    @Param('id') id: string,
    @Query() query: ChangeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#answers.answer({ id, query, body, request, reply, read: deployOrder });
  }

  @Patch(':deployment')
  @ApiOperation({
    summary: 'Change a deployment',
    description:
      'The version that it runs, whether its triggers start it, and its settings: what the platform lets change; 501 naming the members that it does not.',
  })
  @ApiProcessId(exampleDeployable.id)
  @ApiDeploymentParam()
  @ApiBody({
    type: DeploymentPatchDto,
    examples: {
      'Its triggers start it': { value: { triggersActive: true } },
      'Another version': { value: { version: 'latest' } },
    },
  })
  @ApiChange([200])
  patchDeployment(
    @Param('id') id: string,
    @Param('deployment') deployment: string,
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
      read: (said) => redeployOrder(deployment, said),
    });
  }

  @Delete(':deployment')
  @ApiOperation({ summary: 'Undeploy', description: 'The version itself stays.' })
  @ApiProcessId(exampleDeployable.id)
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
    return this.#answers.answer({
      id,
      query,
      body,
      request,
      reply,
      read: (said) => undeployOrder(deployment, said),
    });
  }
}
