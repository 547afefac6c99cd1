/**
 * Everything a platform may be able to do: the optional parts of the adapter contract, each with the routes that need it.
 * The list is closed; what an adapter lacks is answered 501 by exactly these routes.
 */
export const capabilityRoutes = {
  processes: ['GET /v1/processes', 'GET /v1/processes/{id}', 'GET /v1/processes/facets'],
  versions: ['GET /v1/processes/{id}/versions', 'GET /v1/processes/{id}/versions/{version}'],
  packages: ['GET /v1/processes/{id}/package', 'GET /v1/processes/{id}/versions/{version}/package'],
  deployments: ['GET /v1/processes/{id}/deployments'],
  targets: ['GET /v1/connections/{connection}/targets'],
  schedules: [],
  runs: ['GET /v1/runs', 'GET /v1/runs/{id}', 'GET /v1/runs/{id}/events'],
  starts: ['POST /v1/processes/{id}/runs'],
  archiveRuns: ['POST /v1/runs'],
  log: ['GET /v1/runs/{id}/log'],
  attachments: ['GET /v1/runs/{id}/attachments', 'GET /v1/runs/{id}/attachments/{name}'],
  cancel: ['POST /v1/runs/{id}/cancel'],
  restart: ['POST /v1/runs/{id}/restart'],
  resume: ['POST /v1/runs/{id}/resume'],
} as const satisfies Record<string, readonly string[]>;

/** An optional part of the adapter contract. */
export type Capability = keyof typeof capabilityRoutes;

/** Every capability, in the order of the table. */
export const capabilities = Object.keys(capabilityRoutes) as readonly Capability[];
