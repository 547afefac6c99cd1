import type { ConflictMode } from '../../domain/import.ts';
import type { DocumentedCall } from '../documented-call.ts';

const reads: readonly DocumentedCall[] = [
  {
    call: 'GET /api/v1/processes?PageNumber',
    served: 'GET /v1/processes?connection={connection}&cursor={cursor}',
    needs: 'processes',
    note: 'a page is gone on from by its cursor, not by a number',
  },
  {
    call: 'GET /api/v1/processes?PageSize',
    served: 'GET /v1/processes?connection={connection}&limit={PageSize}',
    needs: 'processes',
  },
  {
    call: 'GET /api/v1/processes?processGuid',
    served: 'GET /v1/processes?connection={connection}&key={processGuid}',
    needs: 'processes',
  },
  {
    call: 'GET /api/v1/processes?processName',
    served: 'GET /v1/processes?connection={connection}&name={processName}',
    needs: 'processes',
    note: 'any part of the name',
  },
  {
    call: 'GET /api/v1/processes/{processGuid}/versions/{processVersion}',
    served: 'GET /v1/processes/{id}/versions/{processVersion}',
    needs: 'versions',
  },
  {
    call: 'GET /api/v1/processes/{id}',
    served: 'GET /v1/processes/{connection}:{id}',
    needs: 'processes',
    note: 'the id of a version: its process, `resolvedVersion` the version',
  },
];

const files: readonly DocumentedCall[] = [
  {
    call: 'GET /api/v1/processes/{processGuid}/versions/{processVersion}/export',
    served: 'GET /v1/processes/{id}/versions/{processVersion}/package',
    needs: 'packages',
  },
  {
    call: 'GET /api/v1/processes/{id}/export',
    served: 'GET /v1/processes/{connection}:{id}/package',
    needs: 'packages',
    note: 'the id of a version',
  },
  {
    call: 'GET /api/v1/processes/batch-export?ids',
    served: 'POST /v1/exports {items}',
    needs: 'export',
    note: 'of 1 to 200 versions, by process and version or by the id of a version',
  },
];

const modes: readonly (readonly [string, ConflictMode])[] = [
  ['Error', 'error'],
  ['UseExisting', 'use-existing'],
  ['NewVersion', 'new-version'],
  ['NewActiveElement', 'new-active'],
  ['NewInactiveElement', 'new-inactive'],
];

const imports = modes.map(([importConflict, onConflict]): DocumentedCall => ({
  call: `POST /api/v1/processes/batch-import, importConflict=${importConflict}`,
  served: `POST /v1/imports {connection, file, onConflict: ${onConflict}}`,
  needs: 'import',
  onConflict,
}));

/** What the page “Processes” of the Platform API's documents names. */
export const frendsDocuments: readonly DocumentedCall[] = [
  ...reads,
  {
    call: 'DELETE /api/v1/processes/{processGuid}',
    served: 'DELETE /v1/processes/{id}?confirm=undeploy',
    needs: 'deletion',
    note: 'and undeploys it everywhere: 409 until that is confirmed where it is deployed',
  },
  ...files,
  ...imports,
];
