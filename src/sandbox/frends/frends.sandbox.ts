import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type SandboxDefinition, sandboxCredentials } from '../kit/sandbox.ts';
import type { Store } from '../kit/store.ts';
import { deploymentRoutes } from './deployments.ts';
import { documentOf } from './document.ts';
import { executeRoute } from './execute.ts';
import { sayProblem } from './fault.ts';
import { identityRoutes, issuedToken } from './identity.ts';
import { importRoutes } from './imports.ts';
import { instanceRoutes, stepDataRoute } from './instances.ts';
import { placeRoutes } from './places.ts';
import { processRoutes } from './processes.ts';
import { seedFrends } from './seed.ts';
import type { FrendsFeatures, FrendsState } from './state.ts';
import { tagRoutes } from './tags.ts';

/** A tenant of Frends with the Platform API switched on; releases differ in what they can do. */
export function frendsSandboxWith(features: FrendsFeatures): SandboxDefinition<FrendsState> {
  return {
    name: 'frends',
    defaultSize: 26,
    seed: (size) => seedFrends(size, features),
    routes: (app, store) => {
      app.addHook('onRequest', async (request, reply) => {
        if (isOpen(request) || signedIn(request)) return undefined;
        return reply.code(401).header('www-authenticate', 'Bearer').send();
      });
      app.setErrorHandler(sayProblem);
      app.setNotFoundHandler((_request, reply) => reply.code(404).send());
      identityRoutes(app);
      stepDataRoute(app, store);
      if (store.state.features.document) {
        app.get('/v1.0/swagger.json', () => documentOf(store.state.features));
      }
      for (const prefix of ['/api/v1', '/api/v1.0']) platformApi(app, store, prefix);
    },
  };
}

/** The newest release that is documented. */
export const frendsSandbox = frendsSandboxWith({ execute: true, tags: true, document: true });

function platformApi(app: FastifyInstance, store: Store<FrendsState>, prefix: string): void {
  app.register(
    (api, _options, done) => {
      processRoutes(api, store);
      importRoutes(api, store);
      deploymentRoutes(api, store);
      if (store.state.features.execute) executeRoute(api, store);
      instanceRoutes(api, store);
      placeRoutes(api, store);
      if (store.state.features.tags) tagRoutes(api, store);
      done();
    },
    { prefix },
  );
}

/** Sign-in happens elsewhere, and step data lies in blobs whose links carry their own signature. */
function isOpen({ url }: FastifyRequest): boolean {
  return url.includes('/oauth2/') || url.startsWith('/step-data/');
}

function signedIn({ headers }: FastifyRequest): boolean {
  const accepted = [issuedToken, sandboxCredentials.token].map((token) => `Bearer ${token}`);
  return accepted.includes(headers.authorization ?? '');
}
