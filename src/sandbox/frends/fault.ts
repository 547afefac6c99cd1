import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomBytes } from 'node:crypto';

/** An error as the platform words it: problem details, with messages by field where a parameter is refused. */
export class FrendsFault extends Error {
  readonly status: number;
  readonly fields: Readonly<Record<string, readonly string[]>> | null;

  constructor(
    status: number,
    detail: string,
    fields: Readonly<Record<string, readonly string[]>> | null = null,
  ) {
    super(detail);
    this.status = status;
    this.fields = fields;
  }
}

/** A refused parameter, as ASP.NET says it. */
export function invalid(fields: Readonly<Record<string, readonly string[]>>): FrendsFault {
  return new FrendsFault(400, '', fields);
}

const titles: Readonly<Record<number, readonly [title: string, section: string]>> = {
  400: ['Bad Request', '15.5.1'],
  404: ['Not Found', '15.5.5'],
  409: ['Conflict', '15.5.10'],
  500: ['An error occurred while processing your request.', '15.6.1'],
};

export function sayProblem(
  error: unknown,
  _request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const fault = error instanceof FrendsFault ? error : new FrendsFault(500, String(error));
  const [title, section] = titles[fault.status] ?? ['Error', '15.5'];
  const body = {
    type: `https://tools.ietf.org/html/rfc9110#section-${section}`,
    title: fault.fields === null ? title : 'One or more validation errors occurred.',
    status: fault.status,
    ...(fault.message === '' ? {} : { detail: fault.message }),
    traceId: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`,
    ...(fault.fields === null ? {} : { errors: fault.fields }),
  };
  return reply
    .code(fault.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(body));
}
