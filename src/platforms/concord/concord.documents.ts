import type { DocumentedCall } from '../documented-call.ts';

/** What the page “Process” of the API's documents names. */
export const concordDocuments: readonly DocumentedCall[] = [
  {
    call: 'POST /api/v1/process/{projectName}:{repositoryName}',
    served: 'POST /v1/processes/{connection}:{projectName}:{repositoryName}/runs {input}',
    needs: 'starts',
    note: 'in the organization `Default`; the project file chooses the flow',
  },
  {
    call: 'POST /api/v1/process/{projectName}:{repositoryName}:{flowName}',
    served:
      'POST /v1/processes/{connection}:{projectName}:{repositoryName}:{flowName}/runs {input}',
    needs: 'starts',
  },
  {
    call: 'POST /api/v1/process/{entryPoint}?sync=true',
    served: 'POST /v1/processes/{id}/runs, Prefer: wait=N',
    needs: 'starts',
    note: 'answers once it has ended, or 202 after N seconds',
  },
  {
    call: 'POST /api/v1/process, a ZIP',
    served: 'POST /v1/runs?connection={connection}',
    needs: 'archiveRuns',
  },
  {
    call: 'POST /api/v1/process/{entryPoint}, a ZIP',
    served: 'POST /v1/runs?process={id}',
    needs: 'archiveRuns',
    note: 'in the project, in place of its repository',
  },
  {
    call: 'POST /api/v1/process/{entryPoint}, multipart',
    served: 'POST /v1/runs {process, archive, request}',
    needs: 'archiveRuns',
    note: 'other parts are files for the run, or with text parameters of it',
  },
  {
    call: 'POST /api/v1/process, multipart',
    served: 'POST /v1/runs {connection, archive, entryPoint, request}',
    needs: 'archiveRuns',
    note: 'other parts are files for the run, or with text parameters of it',
  },
  {
    call: 'GET /api/service/process_portal/start?entryPoint={entryPoint}',
    served: 'GET /v1/processes/{id}',
    needs: 'processes',
    note: '`links.start`, the page of the platform itself, which takes `arguments.x=`; null where the project file chooses the flow, as its path has to name one',
  },
  {
    call: 'DELETE /api/v1/process/{instanceId}',
    served: 'POST /v1/runs/{id}/cancel',
    needs: 'cancel',
  },
  {
    call: 'GET /api/v1/process/{instanceId}',
    served: 'GET /v1/runs/{connection}:{instanceId}',
    needs: 'runs',
  },
  {
    call: 'GET /api/v1/process/{instanceId}/log, Range',
    served: 'GET /v1/runs/{id}/log, Range: bytes=M-N',
    needs: 'log',
    note: 'exactly these bytes',
  },
  {
    call: 'GET /api/v1/process/{instanceId}/attachment/{attachmentName}',
    served: 'GET /v1/runs/{id}/attachments/{attachmentName}',
    needs: 'attachments',
  },
];
