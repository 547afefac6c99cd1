import { applyDecorators } from '@nestjs/common';
import { ApiParam, ApiResponse } from '@nestjs/swagger';
import type { ProblemCode } from '../domain/errors.ts';
import { ApiWriteProblems, preferenceHeader, requestIdHeader } from '../http/api-docs.ts';
import { replayedHeader } from '../http/idempotency-docs.ts';
import { link } from '../http/links.ts';
import { endedRun, exampleRun } from './run-examples.ts';
import { RunDto } from './run.dto.ts';
import { standInStatus } from './stand-in.ts';

/** What can go wrong when one run is read or changed. */
export const runProblems = [
  'not_found',
  'capability_not_supported',
  'upstream_rejected',
  'upstream_auth_failed',
  'upstream_contract',
  'upstream_unavailable',
  'upstream_rate_limited',
  'upstream_timeout',
] as const;

/** What can go wrong with a write to a run, or a start, before anything is done. */
export const writeProblems = [
  ...runProblems,
  'too_large',
  'unsupported_media_type',
  'idempotency_key_reused',
] as const;

/** Documents the id in the path. */
export const ApiRunId = (example = endedRun): MethodDecorator =>
  ApiParam({
    name: 'id',
    description:
      'Id of the run, percent-encoded as one path segment: the one that its start answered, or `<connection>:<native id>`.',
    schema: { type: 'string', example },
  });

/** Headers of what may be waited for. */
const waitedHeaders = { ...preferenceHeader, ...requestIdHeader };

/** Headers of a run that is read. */
export const foundHeaders = {
  'Cache-Status': {
    description:
      'Where its platform could not be asked in time, that what was kept of it stands in (RFC 9211).',
    schema: { type: 'string' as const },
    example: standInStatus,
  },
  ...waitedHeaders,
};

const stands = {
  Location: {
    description: 'Where the run is.',
    schema: { type: 'string' as const },
    example: link`/v1/runs/${exampleRun.id}`.href,
  },
  ...replayedHeader,
};
const location = { ...stands, ...waitedHeaders };

/** Documents the problems of a start; one that was accepted and has failed while it was waited for says where its run is. */
export const ApiStartProblems = (...codes: readonly ProblemCode[]): MethodDecorator =>
  ApiWriteProblems({ 422: stands, 503: stands }, ...writeProblems, 'conflict', ...codes);

/** Documents the answer to a write to a run. */
export const ApiWritten = (status: number): MethodDecorator =>
  ApiResponse({
    status,
    description: 'The run.',
    type: RunDto,
    headers: { ...replayedHeader, ...requestIdHeader },
  });

/** Documents what a write answers that was only planned. */
export const ApiPlannedRun = (): MethodDecorator =>
  ApiResponse({
    status: 200,
    description: 'With `validateOnly`: the run as it would be. Nothing is sent, nothing is stored.',
    type: RunDto,
    headers: requestIdHeader,
  });

/** Documents what a start answers. */
export const ApiStarted = (): MethodDecorator =>
  applyDecorators(
    ApiResponse({
      status: 200,
      description: 'It has ended in the time that was waited.',
      type: RunDto,
      headers: location,
    }),
    ApiResponse({
      status: 202,
      description:
        'It is accepted, and will be sent exactly once; or it was, and nobody knows what became of it; or this repeats a request that was told so, and shows how it stands now.',
      type: RunDto,
      headers: {
        ...location,
        'Retry-After': {
          description:
            'When it makes sense to look again, in seconds: of a start that waits when it is sent, 60 at most.',
          schema: { type: 'integer' as const },
          example: 2,
        },
      },
    }),
  );
