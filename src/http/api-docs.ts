import { applyDecorators, type Type } from '@nestjs/common';
import { ApiHeader, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { isRetryable, type ProblemCode, problems } from '../domain/errors.ts';
import { ProblemDto } from './problem.dto.ts';
import { exampleName } from './problem-examples.ts';
import { problemMediaType } from './problem.ts';

/** Codes that any route can answer with. */
const everywhere: readonly ProblemCode[] = [
  'invalid_request',
  'not_acceptable',
  'too_large',
  'internal',
  'store_unavailable',
];

const text = { schema: { type: 'string' as const } };

/** The header that every answer has. */
export const requestIdHeader = {
  'X-Request-Id': {
    description: 'The id of the request: the caller’s own where it sent one.',
    ...text,
    example: '0197f0c2-8d5e-7a10-9c53-6d3b1f6f0a11',
  },
};

/** Headers of problems; the second one of those that may be otherwise in a while. */
export const problemHeaders = {
  ...requestIdHeader,
  'Retry-After': {
    description: 'When it makes sense to try again, in seconds, where that is known.',
    schema: { type: 'integer' as const },
    example: 20,
  },
};

/** A conflict may be about what is on its way, or run into what is not there yet. */
function mayPass(code: ProblemCode): boolean {
  return code === 'conflict' || isRetryable(code);
}

function refsTo(names: readonly (keyof typeof problemHeaders)[]): Record<string, { $ref: string }> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** Documents the problems of a route: those of every route and these. */
export function ApiProblems(...codes: readonly ProblemCode[]): MethodDecorator {
  return ApiProblemsWith({}, ...codes);
}

type HeadersOf = Readonly<Record<number, Readonly<Record<string, object>>>>;

/** The same where those of some statuses have headers of their own. */
export function ApiProblemsWith(
  headersOf: HeadersOf,
  ...codes: readonly ProblemCode[]
): MethodDecorator {
  return documented(headersOf, codes, false);
}

/** The same of a route that writes: its problems say what became of that. */
export function ApiWriteProblems(
  headersOf: HeadersOf,
  ...codes: readonly ProblemCode[]
): MethodDecorator {
  return documented(headersOf, codes, true);
}

function documented(
  headersOf: HeadersOf,
  codes: readonly ProblemCode[],
  isWrite: boolean,
): MethodDecorator {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of [...new Set([...everywhere, ...codes])]) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return applyDecorators(
    ...[...byStatus].map(([status, group]) =>
      ApiResponse({
        status,
        description: group.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
        headers: {
          ...headersOf[status],
          ...refsTo(group.some(mayPass) ? ['X-Request-Id', 'Retry-After'] : ['X-Request-Id']),
        },
        content: {
          [problemMediaType]: {
            schema: { $ref: getSchemaPath(ProblemDto) },
            examples: Object.fromEntries(
              group.map((code) => [
                code,
                { $ref: `#/components/examples/${exampleName(code, isWrite)}` },
              ]),
            ),
          },
        },
      }),
    ),
  );
}

/** The header of answers that may be waited for. */
export const preferenceHeader = {
  'Preference-Applied': {
    description: 'The preference that was followed, where `Prefer` named one (RFC 7240).',
    ...text,
    example: 'wait=10',
  },
};

/** Headers of answers that come from the cache or could. */
export const cachingHeaders = {
  ETag: {
    description: 'Changes when the content does; weak.',
    ...text,
    example: 'W/"Zk3xWm0gQ4qv7u1dJpT2Yw"',
  },
  Age: {
    description: 'Seconds since the oldest part was read from its platform.',
    schema: { type: 'integer' as const },
    example: 12,
  },
  'Cache-Control': { description: 'Always `private`.', ...text, example: 'private' },
  'Cache-Status': {
    description:
      'Whether a platform had to be asked (RFC 9211): `hit`, or `fwd` with why. Where it was to be asked and did not answer in time, `detail` says what stands in: `stale-if-error` what was kept of the same, `list-entry` what a kept list says of it. Of a merged answer it is about the oldest part, as `Age` is.',
    ...text,
    example: 'process-gateway; hit; ttl=18',
  },
  ...requestIdHeader,
};

const link = {
  Link: {
    description: 'The next page (RFC 8288).',
    ...text,
    example: '</v1/processes?cursor=eyJhbGciOiJkaXIi>; rel="next"',
  },
};

const complete = {
  'Gateway-Complete': {
    description: '`?1` when every source that was asked is fresh or stale, else `?0`.',
    ...text,
    example: '?1',
  },
};

/** Headers of collections. */
export const listHeaders = { ...cachingHeaders, ...link };

/** Headers of what is merged from several connections onto one page. */
export const facetHeaders = { ...cachingHeaders, ...complete };

/** Headers of merged lists that change too often to be kept by callers. */
export const liveListHeaders = { ...link, ...complete, ...requestIdHeader };

/** Headers of lists merged from several connections. */
export const mergedHeaders = { ...listHeaders, ...facetHeaders };

/** Documents a JSON answer. */
export function ApiAnswer(
  type: Type,
  description: string,
  headers: Record<string, object> = cachingHeaders,
): MethodDecorator {
  return ApiResponse({ status: 200, description, type, headers });
}

/** Documents the request header that decides how fresh an answer is. */
export function ApiCacheControl(): MethodDecorator {
  return ApiHeader({
    name: 'Cache-Control',
    required: false,
    description:
      'How fresh the answer has to be: `no-cache`, `max-age=N`, `min-fresh=N`, `max-stale=N`, `only-if-cached` (RFC 9111).',
    schema: { type: 'string' },
    example: 'max-age=60',
  });
}

/** Documents the request headers of answers that come from the cache or could; 304 has the headers of the answer. */
export function ApiFreshness(headers: Record<string, object> = cachingHeaders): MethodDecorator {
  return applyDecorators(
    ApiCacheControl(),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'The `ETag` of an answer that the caller has; the same content is answered 304.',
      schema: { type: 'string' },
      example: 'W/"Zk3xWm0gQ4qv7u1dJpT2Yw"',
    }),
    ApiResponse({
      status: 304,
      description: 'The caller has this already.',
      headers,
    }),
  );
}

/** Documents the caller's own request id. */
export function ApiRequestId(): MethodDecorator & ClassDecorator {
  return ApiHeader({
    name: 'X-Request-Id',
    required: false,
    description:
      'An id for the request, 1 to 128 of `A-Z a-z 0-9 . _ -`; it comes back in the same header.',
    schema: { type: 'string' },
    example: 'checkout-4711',
  });
}
