import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../telemetry/log.ts';
import { safeMethods, tellAudit } from './write-audit.ts';
import { presentable, problemMediaType, toProblem } from './problem.ts';

/** Answers every error, the framework's included, with a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(
      thrown,
      http.getRequest<FastifyRequest>(),
      http.getResponse<FastifyReply>(),
      this.#log,
    );
  }
}

/** Sends the problem document of an error; a defect goes to the log with its stack. */
export function sendProblem(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
): void {
  const path = request.url.split('?')[0] ?? '';
  const mediaType = request.headers['content-type'];
  const isWrite = !safeMethods.includes(request.method);
  const error = presentable(thrown, { path, mediaType, isWrite });
  const problem = toProblem(error, { id: request.id, path, isWrite });
  tellAudit(request, problem);
  if (error.code === 'internal')
    log.error({ err: error.cause ?? error, requestId: request.id }, 'A request failed');
  if (error.code === 'store_unavailable' && error.cause instanceof Error)
    log.warn({ reason: error.cause.message, requestId: request.id }, 'The store failed a request');
  if (reply.sent || reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  const { retryAfterMs } = error.details;
  if (retryAfterMs !== undefined && problem.retryable)
    void reply.header('retry-after', Math.max(Math.ceil(retryAfterMs / 1_000), 1));
  void reply
    .code(problem.status)
    .header('content-type', problemMediaType)
    .header('cache-control', 'no-store')
    // Where the framework itself refuses, no hook has set it.
    .header('x-request-id', request.id)
    .send(JSON.stringify(problem));
}
