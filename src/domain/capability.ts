/**
 * Everything a platform may be able to do: the optional parts of the adapter contract, each with the routes that need it.
 * The list is closed; what an adapter lacks is answered 501 by exactly these routes.
 */
export const capabilityRoutes = {
  processes: ['GET /v1/processes', 'GET /v1/processes/{id}', 'GET /v1/processes/facets'],
  versions: ['GET /v1/processes/{id}/versions', 'GET /v1/processes/{id}/versions/{version}'],
  configuration: ['PUT /v1/processes/{id}'],
  lifecycle: ['PATCH /v1/processes/{id}'],
  deletion: ['DELETE /v1/processes/{id}'],
  activation: ['PATCH /v1/processes/{id}/versions/{version}'],
  versionDeletion: ['DELETE /v1/processes/{id}/versions/{version}'],
  tags: ['PUT /v1/processes/{id}/versions/{version}/tags/{tag}'],
  rollback: ['POST /v1/processes/{id}/rollback'],
  repositoryRefresh: ['POST /v1/processes/{id}/refresh'],
  packages: ['GET /v1/processes/{id}/package', 'GET /v1/processes/{id}/versions/{version}/package'],
  export: ['POST /v1/exports'],
  import: ['POST /v1/imports', 'POST /v1/promotions'],
  deployments: ['GET /v1/processes/{id}/deployments'],
  deploying: [
    'POST /v1/processes/{id}/deployments',
    'PATCH /v1/processes/{id}/deployments/{deployment}',
    'DELETE /v1/processes/{id}/deployments/{deployment}',
  ],
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

/** The capabilities that change what a platform has defined; each is one kind of change of the ledger. */
export const changingCapabilities = [
  'configuration',
  'lifecycle',
  'deletion',
  'activation',
  'versionDeletion',
  'tags',
  'rollback',
  'repositoryRefresh',
  'deploying',
] as const satisfies readonly Capability[];
export type ChangingCapability = (typeof changingCapabilities)[number];

/** Every capability, in the order of the table. */
export const capabilities = Object.keys(capabilityRoutes) as readonly Capability[];
