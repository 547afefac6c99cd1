import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type SandboxDefinition, sandboxCredentials } from '../kit/sandbox.ts';
import type { Store } from '../kit/store.ts';
import { definitionRoutes, definitionWrites } from './definition.routes.ts';
import { answerRoutes, historyRoutes, outputRoutes } from './detail.routes.ts';
import { Definitions } from './definitions.ts';
import { nothing, sayFault } from './fault.ts';
import { release } from './holds.ts';
import { controlRoutes, startRoutes, statusRoutes } from './process.routes.ts';
import { repositoryWrites } from './repository.routes.ts';
import { type ConcordOptions, seedConcord } from './seed.ts';
import type { ConcordState } from './state.ts';

/** Concord with what can be chosen of a server: its release, and the zone of its dates. */
export function concordSandboxWith(options: ConcordOptions): SandboxDefinition<ConcordState> {
  return {
    name: 'concord',
    defaultSize: 30,
    seed: (size) => seedConcord(size, options),
    routes: (app, store) => {
      answerLikeTheServer(app);
      app.addHook('preHandler', (_request, _reply, done) => {
        release(store);
        done();
      });
      serverRoutes(app, store);
      definitionRoutes(app, store);
      definitionWrites(app, store);
      repositoryWrites(app, store);
      startRoutes(app, store);
      statusRoutes(app, store);
      controlRoutes(app, store);
      outputRoutes(app, store);
      historyRoutes(app, store);
      answerRoutes(app, store);
    },
  };
}

/** Concord 2.16.0 in a zone five hours behind UTC, where dates end with `-05`. */
export const concordSandbox = concordSandboxWith({});

const commonHeaders = {
  'cache-control': 'no-cache, no-store, must-revalidate',
  pragma: 'no-cache',
  expires: '0',
  'access-control-allow-origin': '*',
};
const anonymous = ['/api/v1/server/ping', '/api/v1/server/version'];

/** Headers, sign-in, errors and unknown paths, the same for every call. */
function answerLikeTheServer(app: FastifyInstance): void {
  const routes: { readonly pattern: RegExp; readonly method: string }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    const methods = Array.isArray(method) ? method : [method];
    for (const each of methods) routes.push({ pattern: patternOf(url), method: each });
  });
  app.addHook('onRequest', async (request, reply) => {
    const authorization = request.headers.authorization ?? '';
    const withPassword = authorization.startsWith('Basic ');
    void reply.headers(commonHeaders);
    // A sign-in with a password begins a session; nobody needs to keep it.
    if (withPassword) void reply.header('set-cookie', 'JSESSIONID=node0sandbox; Path=/; HttpOnly');
    if (anonymous.includes(pathOf(request)) || signedIn(request)) return undefined;
    if (withPassword || authorization === '')
      void reply.header('www-authenticate', ['Basic', 'ConcordApiToken']);
    return reply.code(401).send();
  });
  app.addHook('onSend', async (_request, reply, payload) => {
    const type = String(reply.getHeader('content-type') ?? '');
    if (type.includes('json')) void reply.header('content-type', type.split(';')[0]);
    return Promise.resolve(payload);
  });
  app.setErrorHandler(sayFault);
  app.setNotFoundHandler((request, reply) => {
    const allowed = routes
      .filter(({ pattern }) => pattern.test(pathOf(request)))
      .map(({ method }) => method);
    if (allowed.length === 0) throw nothing(404);
    void reply.header('allow', [...new Set(allowed), 'OPTIONS'].join(', '));
    throw nothing(405);
  });
}

function patternOf(url: string): RegExp {
  const pattern = url.replace(/:\w+/g, '[^/]+').replace(/\*$/, '.+');
  return new RegExp(`^${pattern}$`);
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0] ?? '';
}

/** An API key, alone or as a bearer token; a token of the identity provider; a user and a password. */
function signedIn({ headers }: FastifyRequest): boolean {
  const { user, password, clientSecret: key, token } = sandboxCredentials;
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const accepted = [key, `Bearer ${key}`, `Bearer ${token}`, basic];
  return accepted.includes(headers.authorization ?? '');
}

function serverRoutes(app: FastifyInstance, store: Store<ConcordState>): void {
  app.get('/api/v1/server/ping', () => ({ ok: true }));
  app.get('/api/v1/server/version', () => ({
    version: store.state.version,
    commitId: 'd4e58687159e2f28ed989cf1ecc3788e6e596df8',
    env: 'n/a',
    ok: true,
  }));
  app.get('/api/service/console/whoami', () => {
    const definitions = new Definitions(store.state);
    const orgs = store.state.organizations
      .filter(({ visibility }) => visibility === 'PUBLIC')
      .map(({ name }) => ({ id: definitions.organization(name)?.id, name }));
    return { realm: 'apikey', username: 'admin', displayName: 'admin', orgs };
  });
}
