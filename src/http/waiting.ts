import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { preferenceOf } from './prefer.ts';

/**
 * How long a caller wants to wait for the end, in ms: what its `Prefer` says, else `wait` (seconds), else `usualMs`; what was
 * done of its `Prefer` is told.
 */
export function waitOf(
  request: FastifyRequest,
  reply: FastifyReply,
  wait: number | undefined,
  usualMs = 0,
): number {
  const { waitMs, applied } = preferenceOf(request.headers['prefer']);
  if (applied !== null) void reply.header('preference-applied', applied);
  if (waitMs !== null) return waitMs;
  if (wait !== undefined) return wait * 1_000;
  return applied === null ? usualMs : 0;
}

/** Documents waiting for the end. */
export const ApiPrefer = (): MethodDecorator =>
  ApiHeader({
    name: 'Prefer',
    required: false,
    description:
      '`wait=N`: wait up to N seconds, 60 at most and without `=N`, for the end (RFC 7240); `respond-async` alone: do not.',
    schema: { type: 'string', example: 'wait=10' },
  });
