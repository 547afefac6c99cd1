import type { FrendsFeatures } from './state.ts';

const operations: readonly (readonly [path: string, ...methods: string[]])[] = [
  ['/api/v1/agent-groups/{agentGroupId}', 'get'],
  ['/api/v1/environments', 'get'],
  ['/api/v1/environments/{environmentId}', 'get'],
  ['/api/v1/environments/{environmentId}/agent-groups', 'get'],
  ['/api/v1/instances/counts/{agentGroupId}', 'get'],
  ['/api/v1/instances/{agentGroupId}', 'get'],
  ['/api/v1/instances/{agentGroupId}/{executionIdentifier}/details', 'get'],
  ['/api/v1/instances/{agentGroupId}/{processGuid}/acknowledge', 'post'],
  ['/api/v1/process-deployments', 'get', 'post'],
  ['/api/v1/process-deployments/{id}', 'get', 'delete'],
  ['/api/v1/process-deployments/{id}/activation', 'put', 'delete'],
  ['/api/v1/processes', 'get'],
  ['/api/v1/processes/batch-export', 'get'],
  ['/api/v1/processes/batch-import', 'post'],
  ['/api/v1/processes/{id}', 'get'],
  ['/api/v1/processes/{id}/export', 'get'],
  ['/api/v1/processes/{processGuid}', 'delete'],
  ['/api/v1/processes/{processGuid}/versions/{processVersion}', 'get'],
  ['/api/v1/processes/{processGuid}/versions/{processVersion}/export', 'get'],
];
const execute = [['/api/v1/process-deployments/{id}/execute', 'post']] as const;
const tags = [
  ['/api/v1/tags', 'get', 'patch', 'put', 'delete'],
  ['/api/v1/tags/{elementGuid}', 'delete'],
  ['/api/v1/tags/{elementType}', 'get'],
] as const;

/** The tenant's own description of its API: which operations its release has. */
export function documentOf(features: FrendsFeatures): object {
  const served = [
    ...operations,
    ...(features.execute ? execute : []),
    ...(features.tags ? tags : []),
  ];
  const paths = served.map(([path, ...methods]) => [
    path,
    Object.fromEntries(methods.map((method) => [method, { responses: { 200: {} } }])),
  ]);
  return {
    openapi: '3.0.1',
    info: { title: 'Frends API', version: '1.0' },
    paths: Object.fromEntries(paths) as object,
  };
}
