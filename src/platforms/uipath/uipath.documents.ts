import type { DocumentedCall } from '../documented-call.ts';

const reads: readonly DocumentedCall[] = [
  {
    call: 'processes.get(is_active)',
    served: 'GET /v1/processes?connection={connection}&enabled={is_active}',
    needs: 'processes',
    note: 'active: a release of it stands in the folder of the connection',
  },
  {
    call: 'processes.get(is_latest=True)',
    served: 'GET /v1/processes?connection={connection}',
    needs: 'processes',
    note: 'each process with its latest version',
  },
  {
    call: 'processes.get(package_key, is_latest=True)',
    served: 'GET /v1/processes?connection={connection}&key={package_key}',
    needs: 'processes',
  },
  {
    call: 'processes.get(package_key)',
    served: 'GET /v1/processes/{id}/versions',
    needs: 'versions',
    note: 'without `is_latest`: all versions, newest first',
  },
  {
    call: 'processes.get(package_key, is_active)',
    served: 'GET /v1/processes/{id}/versions?active={is_active}',
    needs: 'versions',
  },
  {
    call: 'processes.get()',
    served: 'GET /v1/processes?connection={connection}&include=versions',
    needs: 'versions',
    note: 'all versions of all processes',
  },
  {
    call: 'processes.get_by_id(Id:Version)',
    served: 'GET /v1/processes/{connection}:{Id:Version}',
    needs: 'processes',
    note: 'the process, `resolvedVersion` the version; no package of the platform has a number',
  },
  {
    call: 'processes.get_by_id(number of a release)',
    served: 'GET /v1/processes/{connection}:{release}',
    needs: 'processes',
    note: 'its process, `resolvedVersion` what it runs',
  },
  {
    call: 'processes.get_by_id(key of a release)',
    served: 'GET /v1/processes/{connection}:{release}',
    needs: 'processes',
    note: 'its process, `resolvedVersion` what it runs',
  },
  {
    call: 'processes.get_by_key(key)',
    served: 'GET /v1/processes/{connection}:{key}',
    needs: 'processes',
    note: 'a package id',
  },
  {
    call: 'processes.download(process_id)',
    served: 'GET /v1/processes/{id}/versions/{version}/package',
    needs: 'packages',
  },
];

const uploads: readonly DocumentedCall[] = [
  {
    call: 'processes.upload(file_path)',
    served: 'POST /v1/imports {connection, file}',
    needs: 'import',
  },
  {
    call: 'processes.upload(file_path, version)',
    served: 'POST /v1/imports {connection, version, file}',
    needs: 'import',
    note: 'another version than that of the package is 422 naming both',
  },
  {
    call: 'processes.upload_stream(file_stream, filename, version)',
    served: 'POST /v1/imports {connection, version, file}',
    needs: 'import',
    note: 'streamed: its length need not be known',
  },
  {
    call: 'processes.upload(invalid package)',
    served: 'POST /v1/imports {connection, file}',
    needs: 'import',
    note: '422 naming the place, where the document has 400',
  },
  {
    call: 'processes.upload(version that exists)',
    served: 'POST /v1/imports {connection, file}, Prefer: wait=N',
    needs: 'import',
    note: '409; without `Prefer` 202, and the operation ends as a conflict',
  },
];

const changes: readonly DocumentedCall[] = [
  {
    call: 'processes.delete(process_id)',
    served: 'DELETE /v1/processes/{id}/versions/{version}',
    needs: 'versionDeletion',
    note: '409 while it is active',
  },
  {
    call: 'processes.delete(process_id), all versions',
    served: 'DELETE /v1/processes/{id}',
    needs: 'deletion',
    note: 'none is deleted while one of them is active',
  },
  {
    call: 'processes.set_active(process_id, True)',
    served: 'PATCH /v1/processes/{id}/versions/{version} {active: true}',
    needs: 'activation',
    note: 'the release of the folder runs it: the one that stands, or one named by the package id',
  },
  {
    call: 'processes.set_active(process_id, False)',
    served: 'PATCH /v1/processes/{id}/versions/{version}?confirm=undeploy {active: false}',
    needs: 'activation',
    note: 'undeploys it; 409 until that is confirmed',
  },
  {
    call: 'processes.set_active(True), the latest version',
    served: 'PATCH /v1/processes/{id} {enabled: true}',
    needs: 'lifecycle',
  },
  {
    call: 'processes.set_active(False), whatever version',
    served: 'PATCH /v1/processes/{id}?confirm=undeploy {enabled: false}',
    needs: 'lifecycle',
  },
];

const releases: readonly DocumentedCall[] = [
  {
    call: 'releases.create(Name, ProcessKey, ProcessVersion, Description)',
    served: 'POST /v1/processes/{id}/deployments {version, name, description}',
    needs: 'deploying',
  },
  {
    call: 'releases.update_process_settings(JobPriority, AutoUpdate)',
    served:
      'PATCH /v1/processes/{id}/deployments/{deployment} {settings.jobPriority, settings.autoUpdate}',
    needs: 'deploying',
  },
  {
    call: 'releases.update_process_settings(MaxConcurrentJobs)',
    served: null,
    needs: null,
    note: 'the platform has no such setting: 400 naming it',
  },
  {
    call: 'jobs.start_jobs(release_key, robot_ids, input_arguments)',
    served: 'POST /v1/processes/{id}/runs {deployment, input, options.robots}',
    needs: 'starts',
    note: 'a run for each robot',
  },
  {
    call: 'jobs.start_jobs() without a release',
    served: 'POST /v1/processes/{id}/runs',
    needs: 'starts',
    note: 'the only release; 409 saying to deploy where there is none, 409 naming them where there are several',
  },
  { call: 'assets', served: null, needs: null },
];

/** What `processes.md` of the client library names (upstreams: it sends other requests, which its document does not say). */
export const uipathDocuments: readonly DocumentedCall[] = [
  ...reads,
  ...uploads,
  ...changes,
  ...releases,
];
