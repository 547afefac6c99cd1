import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiResponse } from '@nestjs/swagger';
import { ApiWriteProblems, preferenceHeader, requestIdHeader } from '../http/api-docs.ts';
import { ApiIdempotencyKey, replayedHeader } from '../http/idempotency-docs.ts';
import { ApiPrefer } from '../http/waiting.ts';
import { BatchDto, BatchResultsDto } from './batch.dto.ts';
import { exampleDefinition, exampleDeployable } from './change-examples.ts';
import { lookAgainSeconds } from '../operations/send-change.ts';

const headers = { ...replayedHeader, ...preferenceHeader, ...requestIdHeader };

/** Documents what a batch takes and answers. */
export const ApiBatch = (): MethodDecorator =>
  applyDecorators(
    ApiIdempotencyKey('batch-4711'),
    ApiPrefer(),
    ApiBody({
      type: BatchDto,
      examples: {
        'One of each': {
          value: {
            items: [
              { op: 'update', id: exampleDefinition.id, body: { enabled: true } },
              {
                op: 'redeploy',
                id: exampleDeployable.id,
                deployment: exampleDeployable.deployment,
                body: { triggersActive: true },
              },
            ],
          },
        },
      },
    }),
    ApiResponse({
      status: 200,
      description: 'What became of each.',
      type: BatchResultsDto,
      headers,
    }),
    ApiResponse({
      status: 202,
      description: 'Some of them go on, as their `status` says.',
      type: BatchResultsDto,
      headers: {
        'Retry-After': {
          description: 'When it makes sense to look again, in seconds.',
          schema: { type: 'integer' },
          example: lookAgainSeconds,
        },
        ...headers,
      },
    }),
    ApiWriteProblems(
      {},
      'conflict',
      'idempotency_key_reused',
      'too_large',
      'unsupported_media_type',
    ),
  );
