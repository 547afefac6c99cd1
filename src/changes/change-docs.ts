import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiParam, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { ProblemCode } from '../domain/errors.ts';
import { ApiWriteProblems, preferenceHeader, requestIdHeader } from '../http/api-docs.ts';
import { ApiIdempotencyKey, replayedHeader } from '../http/idempotency-docs.ts';
import { link } from '../http/links.ts';
import { ApiPrefer } from '../http/waiting.ts';
import { OperationDto } from '../operations/operation.dto.ts';
import { exampleOperation } from '../operations/operation-examples.ts';
import { exampleDeployable } from './change-examples.ts';
import { PlanDto } from './change.dto.ts';

const operationLink = link`/v1/operations/${exampleOperation.id}`.href;
const text = { schema: { type: 'string' as const } };
const related = {
  Link: {
    description: 'The operation (RFC 8288).',
    ...text,
    example: `<${operationLink}>; rel="related"`,
  },
};
const headers = { ...related, ...replayedHeader, ...preferenceHeader, ...requestIdHeader };
const place = (description: string, example: string): object => ({
  Location: { description, ...text, example },
});
const operation = { type: OperationDto };

const changeProblems = [
  'not_found',
  'too_large',
  'unsupported_media_type',
  'conflict',
  'idempotency_key_reused',
  'upstream_rejected',
  'capability_not_supported',
  'upstream_auth_failed',
  'upstream_contract',
  'upstream_unavailable',
  'upstream_rate_limited',
  'upstream_timeout',
] as const;

/** Documents what a change takes and answers besides what is its own; `statuses`: once it is done. */
export const ApiChange = (
  statuses: readonly (200 | 201 | 204)[],
  ...codes: readonly ProblemCode[]
): MethodDecorator => {
  const process = link`/v1/processes/${exampleOperation.process}`.href;
  const done = {
    200: { ...operation, description: 'It is done; with `validateOnly`, what it would do.' },
    201: { ...operation, description: 'It is done, and something is new.' },
    204: { description: 'It is done.' },
  };
  const both = {
    description: done[200].description,
    headers,
    content: {
      'application/json': {
        schema: {
          oneOf: [{ $ref: getSchemaPath(OperationDto) }, { $ref: getSchemaPath(PlanDto) }],
        },
      },
    },
  };
  return applyDecorators(
    ApiExtraModels(OperationDto, PlanDto),
    ApiIdempotencyKey('change-4711'),
    ApiPrefer(),
    ApiResponse({ status: 200, ...both }),
    ...statuses
      .filter((status) => status !== 200)
      .map((status) =>
        ApiResponse({
          status,
          ...done[status],
          headers: {
            ...(status === 201 ? place('Where what is new is.', process) : {}),
            ...headers,
          },
        }),
      ),
    ApiResponse({
      status: 202,
      ...operation,
      description:
        'It is accepted and will be done, or nobody knows whether it was: `outcome` says which.',
      headers: {
        ...place('Where the operation is.', operationLink),
        'Retry-After': {
          description: 'When it makes sense to look again, in seconds.',
          schema: { type: 'integer' },
          example: 2,
        },
        ...headers,
      },
    }),
    ApiWriteProblems({}, ...changeProblems, ...codes),
  );
};

/** Documents a deployment in the path. */
export const ApiDeploymentParam = (): MethodDecorator =>
  ApiParam({
    name: 'deployment',
    description: 'Id of the deployment, as the list of deployments has it.',
    schema: { type: 'string', example: exampleDeployable.deployment },
  });
