import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { ProblemCode } from '../domain/errors.ts';
import { ApiWriteProblems, preferenceHeader, requestIdHeader } from '../http/api-docs.ts';
import { ApiIdempotencyKey, replayedHeader } from '../http/idempotency-docs.ts';
import { link } from '../http/links.ts';
import { ApiPrefer } from '../http/waiting.ts';
import { OperationDto } from '../operations/operation.dto.ts';
import { exampleOperation } from '../operations/operation-examples.ts';
import { upstreamProblems } from '../processes/process-docs.ts';
import { ImportPlanDto } from './import.dto.ts';

const text = { schema: { type: 'string' as const } };
const exampleToken = '"Xc0bdkcYBCvLS5Mt0lIYyP4bFJTvXTg4Ijpkc6wgIbo"';
const { href } = link`/v1/operations/${exampleOperation.id}`;
const related = {
  Link: {
    description: 'The operation (RFC 8288).',
    ...text,
    example: `<${href}>; rel="related"`,
  },
};
const headers = { ...related, ...replayedHeader, ...preferenceHeader, ...requestIdHeader };
const place = {
  Location: { description: 'Where the operation is.', ...text, example: href },
};

/** Documents what an import, or a promotion, takes besides its body, and answers. */
export const ApiImport = (exampleKey: string, ...more: readonly ProblemCode[]): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(OperationDto, ImportPlanDto),
    ApiIdempotencyKey(exampleKey),
    ApiPrefer(),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description:
        'The `planToken` of a plan, in quotes: 412 when the platform is not any more as it was planned, at once or as the end of the operation.',
      schema: { type: 'string', example: exampleToken },
    }),
    ApiResponse({
      status: 200,
      description: 'It is done; with `validateOnly`, what it would do.',
      headers: {
        ETag: {
          description: 'The `planToken` of a plan, in quotes.',
          ...text,
          example: exampleToken,
        },
        ...headers,
      },
      content: {
        'application/json': {
          schema: {
            oneOf: [{ $ref: getSchemaPath(OperationDto) }, { $ref: getSchemaPath(ImportPlanDto) }],
          },
        },
      },
    }),
    ApiResponse({
      status: 202,
      type: OperationDto,
      description:
        'It is accepted and will be done, or nobody knows whether it was: `outcome` says which.',
      headers: {
        ...place,
        'Retry-After': {
          description: 'When it makes sense to look again, in seconds.',
          schema: { type: 'integer' },
          example: 2,
        },
        ...headers,
      },
    }),
    ApiWriteProblems(
      {},
      ...upstreamProblems.filter((code) => code !== 'not_cached'),
      'not_found',
      'conflict',
      'precondition_failed',
      'unsupported_media_type',
      'invalid_file',
      'idempotency_key_reused',
      'upstream_rejected',
      'capability_not_supported',
      ...more,
    ),
  );
