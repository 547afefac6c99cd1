import { FastifyAdapter } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { METHODS, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { InvalidRequestError, TooLargeError, UnsupportedMediaTypeError } from '../domain/errors.ts';
import type { Log } from '../telemetry/log.ts';
import { brokenPath } from './broken-path.ts';
import { closeConnections, cutOffStalled } from './connections.ts';
import { exposeToOrigin, type Origins } from './cors.ts';
import { readJson } from './json-body.ts';
import { refusePreconditions } from './preconditions.ts';
import { sendProblem } from './problem.filter.ts';
import { longestJsonBytes, problemMediaType, toProblem } from './problem.ts';
import { RawQuery } from './raw-query.ts';
import { discardBody, passRawBodies } from './raw-body.ts';
import { forgetTypeOfNothing } from './body-head.ts';
import { pathOf, refusalOf, type RouteRefusal } from './request-head.ts';
import { requestIdOf } from './request-id.ts';
import { auditWrites } from './write-audit.ts';

/** As long as Node lets a whole request head be. */
const longestId = 16_384;
/** Who sends nothing more of a request for so long, or nothing at all, is cut off, in ms: longer than anybody waits here. */
const longestStillMs = 120_000;
/** What Node's parser lets through to a route; CONNECT asks for a tunnel, and OPTIONS is answered by itself. */
const methods = METHODS.filter((method) => method !== 'CONNECT' && method !== 'OPTIONS');

/** Nest's HTTP server, with the answers that the framework itself would give in its own words put into ours. */
export function createAdapter(
  log: Log,
  origins: Origins,
  stillMs = longestStillMs,
): FastifyAdapter {
  const adapter = new FastifyAdapter({
    genReqId: requestIdOf,
    requestIdHeader: false,
    bodyLimit: longestJsonBytes,
    connectionTimeout: stillMs,
    forceCloseConnections: 'idle',
    // Node would refuse a request without Host in its own words; the hook below does in ours.
    http: { requireHostHeader: false },
    skipMiddie: true,
    routerOptions: {
      maxParamLength: longestId,
      querystringParser: (text: string) => new RawQuery(text),
    },
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      exposeToOrigin(request, reply, origins);
      const isBroken = error.code === 'FST_ERR_BAD_URL';
      sendProblem(isBroken ? brokenPath(pathOf(request)) : error, request, reply, log);
    },
    clientErrorHandler: refuseUnreadable,
  });
  const app = adapter.getInstance();
  for (const method of methods)
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  readJson(app);
  passRawBodies(app);
  // What else than 100-continue is expected may be passed over (RFC 9110 §10.1.1); Node would refuse it in its own words.
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response);
  });
  cutOffStalled(app);
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    const { allow } = request.routeOptions.config as RouteRefusal;
    if (allow !== undefined) void reply.header('allow', allow);
    const refusal = refusalOf(request);
    if (refusal === undefined) {
      forgetTypeOfNothing(request);
      done();
      return;
    }
    // By hand, as what comes after it, CORS and the framework's filters, does not see it.
    exposeToOrigin(request, reply, origins);
    if (refusal instanceof UnsupportedMediaTypeError) {
      // RFC 9110 §15.5.16
      void reply.header('accept-encoding', 'identity');
      discardBody(request);
    }
    sendProblem(refusal, request, reply, log);
  });
  refusePreconditions(app);
  closeConnections(app);
  logRequests(app, log);
  auditWrites(app, log);
  return adapter;
}

/** What is not HTTP at all gets a problem document too, by hand: there is no request to answer. */
function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new TooLargeError('The URL and the headers are larger than 16 KiB together.')
      : new InvalidRequestError('The request is not valid HTTP.');
  const problem = toProblem(refusal, { id: randomUUID(), path: '' });
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${problem.requestId}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function logRequests(app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', (request, reply, done) => {
    const level = reply.statusCode >= 500 ? 'warn' : 'debug';
    log[level](
      {
        requestId: request.id,
        method: request.method,
        path: pathOf(request),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    );
    done();
  });
}

/** Answers a method that a route does not have with 405 and `Allow` (RFC 9110 §15.5.6). Call before `listen`. */
export function refuseOtherMethods(
  app: FastifyInstance,
  routes: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  for (const [url, allowed] of routes) {
    const others = methods.filter((method) => !allowed.has(method));
    const allow = [...allowed].sort().join(', ');
    // Whoever answers it, as a preflight or not, the header says what the route takes (RFC 9110 §9.3.7).
    app.route({
      method: 'OPTIONS',
      url,
      config: { allow: `${allow}, OPTIONS` },
      handler: (_request, reply) => reply.code(204).send(),
    });
    if (others.length === 0) continue;
    app.route({
      method: others,
      url,
      exposeHeadRoute: false,
      config: { allow, takes: allow } satisfies RouteRefusal,
      // Refused by its head, before anybody looks at a body.
      handler: (_request, reply) => reply.code(405).send(),
    });
  }
}

/** The methods of every route, as they are registered from now on. */
export function collectRoutes(app: FastifyInstance): Map<string, Set<string>> {
  const routes = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    // What matches every path, as the answer to CORS preflights, says nothing about a route.
    if (url.includes('*')) return;
    const known = routes.get(url) ?? new Set<string>();
    for (const each of Array.isArray(method) ? method : [method]) known.add(each);
    routes.set(url, known);
  });
  return routes;
}
