import type { DocumentedCall } from '../documented-call.ts';

const reads: readonly DocumentedCall[] = [
  {
    call: 'GET process',
    served: 'GET /v1/connections/{connection}',
    needs: null,
    note: 'the build info, passed on as `upstream.build`',
  },
  {
    call: 'GET process/v1',
    served: 'GET /v1/processes?connection={connection}',
    needs: 'processes',
  },
  {
    call: 'GET process/v1?_limit',
    served: 'GET /v1/processes?connection={connection}&limit={_limit}',
    needs: 'processes',
    note: '200 at most; `cursor` goes on to the last one, as `_limit=-1` does at once',
  },
  {
    call: 'GET process/v1?_distinct=_id',
    served: 'GET /v1/processes?connection={connection}&fields=key',
    needs: 'processes',
    note: 'keys are distinct by themselves',
  },
  {
    call: 'GET process/v1?_distinct',
    served: 'GET /v1/processes/facets?connection={connection}&field={_distinct}',
    needs: 'processes',
    note: '`service`, `label` (their `tags`), `enabled`; with counts',
  },
  { call: 'GET process/v1/{key}', served: 'GET /v1/processes/{id}', needs: 'processes' },
  {
    call: 'GET process/v1/{key}/{version}',
    served: 'GET /v1/processes/{id}/versions/{version}',
    needs: 'versions',
  },
  {
    call: 'GET process/v1/{key}/{tag}',
    served: 'GET /v1/processes/{id}/versions/{tag}',
    needs: 'versions',
  },
  {
    call: 'GET process/v1/{key}/*',
    served: 'GET /v1/processes/{id}/versions',
    needs: 'versions',
  },
];

const changes: readonly DocumentedCall[] = [
  {
    call: 'POST process/v1, a new process',
    served: 'PUT /v1/processes/{id} {service}',
    needs: 'configuration',
    note: '201; the body is the configuration',
  },
  {
    call: 'POST process/v1, one that stands',
    served: 'PUT /v1/processes/{id} {service}',
    needs: 'configuration',
    note: '200, and a new version',
  },
  {
    call: 'PUT process/v1/{key} {_id}',
    served: 'PATCH /v1/processes/{id} {key}',
    needs: 'lifecycle',
    note: 'a rename: the answer has the new id',
  },
  {
    call: 'PUT process/v1/{key}/{version}/{tag}',
    served: 'PUT /v1/processes/{id}/versions/{version}/tags/{tag}',
    needs: 'tags',
  },
  {
    call: 'DELETE process/v1/{key}',
    served: 'POST /v1/processes/{id}/rollback',
    needs: 'rollback',
  },
  {
    call: 'DELETE process/v1/{key}, the only version',
    served: 'POST /v1/processes/{id}/rollback?confirm=delete',
    needs: 'rollback',
    note: '409 until it is confirmed that the process goes with it',
  },
  {
    call: 'DELETE process/v1/{key}/{version}',
    served: 'DELETE /v1/processes/{id}/versions/{version}',
    needs: 'versionDeletion',
  },
  {
    call: 'DELETE process/v1/{key}/*',
    served: 'DELETE /v1/processes/{id}',
    needs: 'deletion',
  },
];

/** What the page “Process Service” of the REST API's documents names. */
export const odslDocuments: readonly DocumentedCall[] = [...reads, ...changes];
