import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import { requestIdHeader } from './api-docs.ts';

const text = { schema: { type: 'string' as const } };
const digest = 'sha-256=:4wWtAfnGVkBBt3JNqMEEEJO5PuDqsSkkn0gUdRbK1rE=:';

const fileHeaders = {
  'Content-Length': {
    description: 'In bytes, where the platform says, and where no digest follows the bytes.',
    schema: { type: 'integer' as const },
    example: 1_024,
  },
  'Repr-Digest': {
    description:
      'SHA-256 of the file (RFC 9530). It follows the bytes as a trailer field where their length is not known. A file that is longer than 1 MiB has it, as a trailer field, if `Want-Repr-Digest` names `sha-256`.',
    ...text,
    example: digest,
  },
  Trailer: {
    description: '`repr-digest` where the digest follows the bytes (RFC 9110 §6.6.2).',
    ...text,
    example: 'repr-digest',
  },
  'Cache-Control': { description: 'Always `no-store`.', ...text, example: 'no-store' },
};

/** Documents a file that is streamed; it is called like the example. */
export const ApiFile = (
  description: string,
  fileName: string,
  content: Readonly<Record<string, object>>,
  headers: Readonly<Record<string, object>> = requestIdHeader,
): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'Want-Repr-Digest',
      required: false,
      description:
        '`sha-256=10`: a file that is longer than 1 MiB, too, comes with its digest, in chunks with a trailer field instead of `Content-Length` (RFC 9530 §4).',
      schema: { type: 'string', example: 'sha-256=10' },
    }),
    ApiResponse({
      status: 200,
      description,
      content,
      headers: {
        'Content-Disposition': {
          description: 'The name of the file.',
          ...text,
          example: `attachment; filename="${fileName}"`,
        },
        ...fileHeaders,
        ...headers,
      },
    }),
  );
