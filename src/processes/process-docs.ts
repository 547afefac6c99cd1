import { ApiParam } from '@nestjs/swagger';
import { link } from '../http/links.ts';
import { shown } from '../platforms/examples.ts';

/** What can go wrong when one thing is read from a platform. */
export const upstreamProblems = [
  'not_found',
  'capability_not_supported',
  'upstream_rejected',
  'upstream_auth_failed',
  'upstream_contract',
  'upstream_unavailable',
  'upstream_rate_limited',
  'upstream_timeout',
  'not_cached',
] as const;

/** Documents the id in the path; `told` is where the answer says the canonical one. */
export const ApiProcessId = (
  example = shown('answersEveryRoute').id,
  told = 'the answer has the canonical id, also in `Content-Location`',
): MethodDecorator =>
  ApiParam({
    name: 'id',
    description: `Id of the process, percent-encoded as one path segment. An alias of the platform works too; ${told}.`,
    schema: { type: 'string', example },
  });

/** Headers of an answer about a process, which an alias is told the place of; `path` follows the process in it. */
export const placed = (
  headers: Record<string, object>,
  path: '' | '/versions' | '/versions/1' | '/deployments' | '/package' = '',
): Record<string, object> => ({
  ...headers,
  'Content-Location': {
    description: 'Where it is under its canonical id, when the id was an alias (RFC 9110 §8.7).',
    schema: { type: 'string' },
    example: `${link`/v1/processes/${shown('answersEveryRoute').id}`.href}${path}`,
  },
});

/** Documents the version in the path. */
export const ApiVersionParam = (example = 'latest'): MethodDecorator =>
  ApiParam({
    name: 'version',
    description: 'A version, a tag that points at one, or `latest`.',
    schema: { type: 'string', example },
  });
