import type { FastifyReply, FastifyRequest } from 'fastify';

const validationType = 'application/vnd.concord-validation-errors-v1+json';

/** An error in one of the shapes that the server has for them; null where it has no body. */
export class ConcordFault extends Error {
  readonly status: number;
  readonly shape: 'text' | 'validation' | 'process' | 'empty';
  readonly body: unknown;

  constructor(status: number, shape: ConcordFault['shape'], body: unknown) {
    super(JSON.stringify(body));
    this.status = status;
    this.shape = shape;
    this.body = body;
  }
}

/** A sentence. */
export function said(status: number, text: string): ConcordFault {
  return new ConcordFault(status, 'text', text);
}

/** What the caller got wrong: `*` is the request as a whole. */
export function invalid(message: string, id = '*'): ConcordFault {
  return new ConcordFault(400, 'validation', [{ id, message }]);
}

/** A start or a change of a run that failed. */
export function failed(status: number, instanceId: string, message: string): ConcordFault {
  return new ConcordFault(status, 'process', { instanceId, message });
}

export function nothing(status: number): ConcordFault {
  return new ConcordFault(status, 'empty', null);
}

/** What the server says when it did not expect an exception. */
export function unexpected(exception: string): ConcordFault {
  return said(500, `ERROR: ${exception}`);
}

export function sayFault(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const fault = error instanceof ConcordFault ? error : unexpected(String(error));
  const answer = reply.code(fault.status);
  switch (fault.shape) {
    case 'text':
      return answer.header('content-type', 'text/plain;charset=utf-8').send(fault.body);
    case 'validation':
      answer.header('vary', 'Accept');
      return accepts(request, validationType)
        ? answer.header('content-type', validationType).send(JSON.stringify(fault.body))
        : answer.send();
    case 'process':
      return answer.send(fault.body);
    case 'empty':
      return answer.send();
  }
}

/** Content negotiation as far as it matters here: the type itself, its group, or anything. */
function accepts({ headers }: FastifyRequest, type: string): boolean {
  const accepted = (headers.accept ?? '*/*').split(',').map((each) => each.split(';')[0]?.trim());
  return ['*/*', type, `${type.split('/')[0] ?? ''}/*`].some((each) => accepted.includes(each));
}
