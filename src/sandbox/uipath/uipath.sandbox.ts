import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { SandboxDefinition } from '../kit/sandbox.ts';
import type { Store } from '../kit/store.ts';
import { attachmentEndpoints } from './attachments.ts';
import { blobRoutes } from './blobs.ts';
import { UipathFault } from './fault.ts';
import { folderEndpoints } from './folders.ts';
import { jobEndpoints } from './job-endpoints.ts';
import { logEndpoints } from './logs.ts';
import { mediaEndpoints } from './media.ts';
import { processEndpoints } from './process-endpoints.ts';
import { releaseEndpoints } from './release-endpoints.ts';
import { Call, type Endpoint, Router } from './router.ts';
import { seedUipath } from './seed.ts';
import { authorize, signInRoutes } from './sign-in.ts';
import type { UipathState } from './state.ts';

/** Where the tenant of the cloud answers; an own installation answers at the root. */
export const cloudBase = '/acme/Production/orchestrator_';

const apiVersions = '11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 20.0';
const build = '25.10.4';
const odataJson = 'application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8';

const statusEndpoints: readonly Endpoint[] = [
  { method: 'GET', template: 'api/Status/Get', scope: null, answer: () => null },
  {
    method: 'GET',
    template: 'api/Status/Version',
    scope: null,
    answer: ({ reply }) => {
      void reply.header('content-type', 'application/json; charset=utf-8');
      return JSON.stringify(build);
    },
  },
];

/** Every call of the service. */
export const uipathEndpoints: readonly Endpoint[] = [
  ...processEndpoints,
  ...releaseEndpoints,
  ...jobEndpoints,
  ...logEndpoints,
  ...mediaEndpoints,
  ...attachmentEndpoints,
  ...folderEndpoints,
  ...statusEndpoints,
];

/** UiPath Orchestrator: a tenant of the cloud, and the same tenant as an own installation shows it. */
export const uipathSandbox: SandboxDefinition<UipathState> = {
  name: 'uipath',
  defaultSize: 24,
  seed: seedUipath,
  routes: (app, store) => {
    app.setErrorHandler(sayError);
    signInRoutes(app);
    blobRoutes(app, store);
    const router = new Router(uipathEndpoints);
    mount(app, store, router, cloudBase);
    mount(app, store, router, '');
  },
};

function mount(
  app: FastifyInstance,
  store: Store<UipathState>,
  router: Router,
  base: string,
): void {
  app.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: `${base}/*`,
    handler: async (request, reply) => {
      void reply.header('api-supported-versions', apiVersions);
      const path = (request.url.split('?')[0] ?? '').slice(base.length + 1);
      const found = router.find(request.method, path);
      if (found === null) return unknownRoute(reply, base);
      authorize(request, found.endpoint);
      const call = new Call(store, { request, reply }, found.params);
      const answer = await found.endpoint.answer(call);
      if (path.startsWith('odata/') && !Buffer.isBuffer(answer) && answer !== null)
        void reply.header('content-type', odataJson);
      return reply.send(answer ?? undefined);
    },
  });
}

/** An own installation shows the start page of its web application wherever nothing else stands. */
function unknownRoute(reply: FastifyReply, base: string): FastifyReply {
  if (base !== '') throw new UipathFault(404, null, 'no such call');
  return reply
    .header('content-type', 'text/html; charset=utf-8')
    .send('<!doctype html><title>UiPath Orchestrator</title><div id="root"></div>');
}

function sayError(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const fault = error instanceof UipathFault ? error : new UipathFault(500, 0, String(error));
  void reply.code(fault.status);
  if (fault.code === null) return reply.removeHeader('content-type').send();
  return reply.header('content-type', 'application/json; charset=utf-8').send({
    message: fault.message,
    errorCode: fault.code,
    traceId: `00-${randomUUID().replaceAll('-', '')}-${randomUUID().slice(0, 16).replaceAll('-', '0')}-00`,
    resourceIds: null,
  });
}
