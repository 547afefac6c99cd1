import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { queryOf } from '../kit/request.ts';
import { type SandboxDefinition, sandboxCredentials } from '../kit/sandbox.ts';
import type { Store } from '../kit/store.ts';
import { executionsOf, logOf } from './execution.ts';
import { OdslFault } from './fault.ts';
import { ProcessService } from './processes.ts';
import { answerList } from './query.ts';
import { type OdslState, seedOdsl } from './state.ts';

const issuedToken = 'sandbox-odsl-access-token';

/** OpenDataDSL: process, process-exec and audit services, with the documents' paths, verbs and errors. */
export const odslSandbox: SandboxDefinition<OdslState> = {
  name: 'odsl',
  defaultSize: 24,
  seed: seedOdsl,
  routes: (app, store) => {
    tokenEndpoint(app);
    app.addHook('onRequest', (request, _reply, done) => {
      const open = request.url.includes('/oauth2/');
      done(
        open || signedIn(request)
          ? undefined
          : new OdslFault(401, 1001, 'Not Authenticated: sign in first'),
      );
    });
    app.setErrorHandler(sayError);
    app.setNotFoundHandler(() => {
      throw new OdslFault(404, 4000, 'Not Found: no such service');
    });
    processRoutes(app, store);
    executionRoutes(app, store);
    app.get('/api/audit/v1/private', (request) => {
      const { environment } = serviceOf(request, store);
      return answerList(
        environment.audit.toReversed().map((entry) => ({ ...entry })),
        queryOf(request),
      ).items;
    });
  },
};

/** The identity provider that a real tenant has elsewhere; here for the sandbox's own client only. */
function tokenEndpoint(app: FastifyInstance): void {
  app.post('/:tenant/oauth2/v2.0/token', async (request, reply) => {
    const form = new URLSearchParams(String(request.body));
    const known =
      form.get('client_id') === sandboxCredentials.clientId &&
      form.get('client_secret') === sandboxCredentials.clientSecret;
    if (form.get('grant_type') !== 'client_credentials') {
      return reply.code(400).send({ error: 'unsupported_grant_type' });
    }
    if (!known)
      return reply
        .code(401)
        .send({ error: 'invalid_client', error_description: 'Unknown client or wrong secret.' });
    return { token_type: 'Bearer', expires_in: 3_599, access_token: issuedToken };
  });
}

function signedIn({ headers }: FastifyRequest): boolean {
  const { user, password, token } = sandboxCredentials;
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const accepted = [`Bearer ${issuedToken}`, `Bearer ${token}`, basic];
  if (accepted.includes(headers.authorization ?? '')) return true;
  return headers['x-odsl-email'] === user && headers['x-odsl-key'] === password;
}

function sayError(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const fault =
    error instanceof OdslFault
      ? error
      : new OdslFault(500, 9999, `Internal Error: ${String(error)}`);
  // A header holds ASCII only (RFC 9110 §5.5), and keys hold anything.
  const said = fault.message.toWellFormed().replace(/[^\x20-\x7e]/gu, encodeURIComponent);
  return reply.code(fault.status).header('x-odsl-error', `[${fault.code}] ${said}`).send();
}

function serviceOf(request: FastifyRequest, store: Store<OdslState>): ProcessService {
  return new ProcessService(store, String(request.headers['x-odsl-environment'] ?? 'production'));
}

interface Keyed {
  Params: { key: string; version: string; tag: string };
}

function bodyOf(request: FastifyRequest): Record<string, unknown> {
  try {
    return JSON.parse(String(request.body)) as Record<string, unknown>;
  } catch {
    throw new OdslFault(400, 5002, 'Failed Basic Validation: the body is not JSON');
  }
}

function processRoutes(app: FastifyInstance, store: Store<OdslState>): void {
  app.get('/api/process', () => ({
    service: 'process',
    API_VERSION: 'v1',
    RELEASE_VERSION: '2026.11.1',
    BUILD: '20261104.3',
  }));
  app.get('/api/process/v1', (request, reply) => {
    const { items, total } = answerList(serviceOf(request, store).currents(), queryOf(request));
    if (total !== null) void reply.header('x-total-count', total);
    return items;
  });
  app.post('/api/process/v1', (request) =>
    serviceOf(request, store).save(bodyOf(request), queryOf(request).get('_reason')),
  );
  app.get<Keyed>('/api/process/v1/:key', (request) =>
    serviceOf(request, store).find(request.params.key, null),
  );
  app.put<Keyed>('/api/process/v1/:key', (request) =>
    serviceOf(request, store).rename(request.params.key, String(bodyOf(request)['_id'])),
  );
  app.delete<Keyed>('/api/process/v1/:key', (request) => {
    serviceOf(request, store).rollback(request.params.key, queryOf(request).get('_reason'));
    return {};
  });
  app.get<Keyed>('/api/process/v1/:key/:version', (request) => {
    const { key, version } = request.params;
    return version === '*'
      ? serviceOf(request, store).versions(key)
      : serviceOf(request, store).find(key, version);
  });
  app.delete<Keyed>('/api/process/v1/:key/:version', (request) => {
    const { key, version } = request.params;
    const reason = queryOf(request).get('_reason');
    if (version === '*') serviceOf(request, store).deleteAll(key, reason);
    else serviceOf(request, store).deleteVersion(key, version, reason);
    return {};
  });
  app.put<Keyed>('/api/process/v1/:key/:version/:tag', (request) => {
    const { key, version, tag } = request.params;
    serviceOf(request, store).tag(key, version, tag);
    return {};
  });
}

function executionRoutes(app: FastifyInstance, store: Store<OdslState>): void {
  app.get('/api/process-exec/v1', (request, reply) => {
    const logs = executionsOf(serviceOf(request, store).environment).map((each) =>
      logOf(each, Date.now()),
    );
    const { items, total } = answerList(logs, queryOf(request));
    if (total !== null) void reply.header('x-total-count', total);
    return items;
  });
  app.get<{ Params: { id: string } }>('/api/process-exec/v1/:id', (request) => {
    const found = serviceOf(request, store).environment.executions.find(
      (each) => each._id === request.params.id,
    );
    if (found === undefined) throw new OdslFault(404, 4004, 'Not Found: no such execution');
    return logOf(found, Date.now());
  });
  app.post('/api/process-exec/v1', (request) => {
    const body = bodyOf(request);
    const service = serviceOf(request, store);
    const process = service.find(String(body['name']), null);
    const query = queryOf(request);
    const input = (body['input'] ?? body['body'] ?? {}) as Record<string, unknown>;
    const execution = {
      _id: randomUUID(),
      name: process._id,
      service: typeof process['service'] === 'string' ? process['service'] : '',
      environment: service.environmentName,
      trigger: 'manual' as const,
      reason: query.get('_reason'),
      startMs: Date.now() + Number(query.get('_delay') ?? 0),
      durationMs: Number(input['durationMs'] ?? 3_000),
      fails: input['fail'] === true,
      input,
    };
    service.environment.executions.push(execution);
    store.record('run.started', {
      id: execution._id,
      process: process._id,
      reason: execution.reason,
    });
    // The answer is documented nowhere: it names the execution only where the input asks for that.
    return input['named'] === true ? { _id: execution._id } : {};
  });
}
