import { nuspecOf } from '../../src/sandbox/uipath/nupkg.ts';
import { writeZip } from '../../src/sandbox/kit/zip.ts';
import { type Answer, Caller, expectStatus } from './caller.ts';
import { attachments, jobs, media } from './uipath.surface-jobs.ts';

const functions = 'UiPath.Server.Configuration.OData';

/** A package as Studio would publish it. */
function nupkg(id: string, version: string): Buffer {
  const spec = { id, version, title: id, authors: 'Tests', description: 'For a test.' };
  const xml = nuspecOf({ ...spec, tags: 'test', releaseNotes: null });
  return writeZip([{ name: `${id}.nuspec`, content: Buffer.from(xml) }]);
}

/** A form with packages, as every client sends it. */
function uploadForm(...files: readonly (readonly [name: string, bytes: Buffer])[]): FormData {
  const form = new FormData();
  files.forEach(([name, bytes], at) => {
    const type = 'application/octet-stream';
    form.append(at === 0 ? 'file' : `file${at}`, new Blob([new Uint8Array(bytes)], { type }), name);
  });
  return form;
}

/** Calls everything that the UiPath sandbox has at `url`, as its documents say it is called. */
export async function callUipath(url: string): Promise<void> {
  const cloud = `${url}/acme/Production/orchestrator_`;
  const tenant = new Caller(cloud, { authorization: 'Bearer sandbox-token' });
  const folder = new Caller(cloud, {
    authorization: 'Bearer sandbox-token',
    'x-uipath-organizationunitid': '101',
  });
  await signIns(url);
  await folders(tenant);
  await packages(tenant);
  await releases(tenant, folder);
  await jobs(folder);
  expectStatus(await tenant.call('GET', 'api/Stats/GetJobsStats'), 200);
  await media(folder);
  await attachments(url, folder);
}

async function signIns(url: string): Promise<void> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'sandbox-client',
    client_secret: 'sandbox-secret',
    scope: 'OR.Folders.Read',
  });
  const host = new Caller(url, { 'content-type': 'application/x-www-form-urlencoded' });
  const body = new TextEncoder().encode(form.toString());
  await host.call('POST', 'acme/identity_/connect/token', { body });
  const { access_token: token } = expectStatus(
    await host.call('POST', 'identity_/connect/token', { body }),
    200,
  ).json();
  const application = new Caller(`${url}/acme/Production/orchestrator_`, {
    authorization: `Bearer ${String(token)}`,
  });
  expectStatus(await application.call('GET', 'odata/Folders'), 200);
  // The application was not given OR.Execution.
  expectStatus(await application.call('GET', 'odata/Processes'), 403);
  const own = new Caller(url, { 'x-uipath-tenantname': 'Production' });
  const account = {
    tenancyName: 'Production',
    usernameOrEmailAddress: 'sandbox@example.com',
    password: 'sandbox-password',
  };
  const session = await own.call('POST', 'api/Account/Authenticate', { body: account });
  const headers = { authorization: `Bearer ${String(session.json()['result'])}` };
  expectStatus(await own.call('GET', 'odata/Processes', { headers }), 200);
  expectStatus(await own.call('GET', 'odata/Processes'), 401);
  const wrong = { ...account, password: 'wrong' };
  expectStatus(await own.call('POST', 'api/Account/Authenticate', { body: wrong }), 400);
  expectStatus(await own.call('GET', 'api/Status/Get'), 200);
  expectStatus(await own.call('GET', 'api/Status/Version'), 200);
}

async function folders(tenant: Caller): Promise<void> {
  const query = { $orderby: 'Id', $top: '1000', $skip: '0', $count: 'true' };
  const all = expectStatus(await tenant.call('GET', 'odata/Folders', { query }), 200).rows();
  for (const { Id: id, Key: key } of all) {
    expectStatus(await tenant.call('GET', `odata/Folders(${String(id)})`), 200);
    const byKey = `odata/Folders/${functions}.GetByKey(identifier=${String(key)})`;
    expectStatus(await tenant.call('GET', byKey), 200);
    const folderId = { folderId: String(id) };
    await tenant.call('GET', 'api/PackageFeeds/GetFolderFeed', { query: folderId });
  }
  const mine = { take: '100', skip: '0' };
  expectStatus(await tenant.call('GET', 'api/Folders/GetAllForCurrentUser', { query: mine }), 200);
  expectStatus(await tenant.call('GET', 'odata/Folders(9999)'), 404);
}

async function packages(tenant: Caller): Promise<void> {
  const list = (query: Record<string, string>): Promise<Answer> =>
    tenant.call('GET', 'odata/Processes', { query });
  expectStatus(await list({ $count: 'true', $top: '1000', $orderby: 'Id desc' }), 200);
  expectStatus(await list({ searchTerm: 'invoice', $expand: 'EntryPoints' }), 200);
  expectStatus(await list({ $filter: "contains(Id,'Test') or not (IsActive eq true)" }), 200);
  expectStatus(await list({ $top: '1001' }), 400);
  const of = `odata/Processes/${functions}`;
  const versions = `${of}.GetProcessVersions(processId='SmokeTest')`;
  expectStatus(await tenant.call('GET', versions, { query: { $top: '10' } }), 200);
  expectStatus(await tenant.call('GET', `${of}.GetArguments(key='SmokeTest:1.0.0')`), 200);
  expectStatus(await tenant.call('GET', `${of}.DownloadPackage(key='SmokeTest:1.0.0')`), 200);
  expectStatus(await tenant.call('GET', `${of}.DownloadPackage(key='Nothing:1.0.0')`), 404);
  const upload = (...names: string[]): Promise<Answer> => {
    const files = names.map((name) => [`${name}.1.0.0.nupkg`, nupkg(name, '1.0.0')] as const);
    return tenant.call('POST', `${of}.UploadPackage`, { body: uploadForm(...files) });
  };
  expectStatus(await upload('Uploaded.First'), 200);
  expectStatus(await upload('Uploaded.First'), 409);
  expectStatus(await upload('Uploaded.First', 'Uploaded.Second'), 207);
  expectStatus(await tenant.call('DELETE', "odata/Processes('Uploaded.First:1.0.0')"), 204);
  expectStatus(await tenant.call('DELETE', "odata/Processes('SmokeTest:1.0.0')"), 400);
}

async function releases(tenant: Caller, folder: Caller): Promise<void> {
  const query = { $expand: 'CurrentVersion,ReleaseVersions,EntryPoint', $filter: 'Id gt 0' };
  expectStatus(await folder.call('GET', 'odata/Releases', { query }), 200);
  const select = { $select: 'Id,ProcessKey', $count: 'true' };
  expectStatus(await folder.call('GET', 'odata/Releases', { query: select }), 200);
  expectStatus(await folder.call('GET', `odata/Releases/${functions}.ListReleases`), 200);
  const versions = `odata/Processes/${functions}.GetProcessVersions(processId='BankStatementImport')`;
  const [first, second] = (await tenant.call('GET', versions)).rows().map((row) => row['Version']);
  const body = { Name: 'Created', ProcessKey: 'BankStatementImport', ProcessVersion: first };
  const made = expectStatus(await folder.call('POST', 'odata/Releases', { body }), 201).json();
  expectStatus(await folder.call('POST', 'odata/Releases', { body }), 409);
  const another = { ...body, Name: 'Created again' };
  const create = `odata/Releases/${functions}.CreateRelease`;
  const other = expectStatus(await folder.call('POST', create, { body: another }), 201).json();
  const { Id: id, Key: key } = made as { Id: number; Key: string };
  const place = `odata/Releases(${id})`;
  expectStatus(await folder.call('GET', place, { query: { $expand: 'CurrentVersion' } }), 200);
  expectStatus(await folder.call('GET', `${place}/${functions}.GetRelease`), 200);
  const patch = { AutoUpdate: true, JobPriority: 'High', Description: 'Changed' };
  expectStatus(await folder.call('PATCH', place, { body: patch }), 200);
  expectStatus(await folder.call('PUT', place, { body: { ...body, Description: 'Put' } }), 200);
  const move = async (name: string, request: object = {}): Promise<void> => {
    expectStatus(await folder.call('POST', `${place}/${functions}.${name}`, request), 200);
    const byKey = `odata/Releases/${functions}.${name}ByKey(identifier=${key})`;
    expectStatus(await folder.call('POST', byKey, request), 200);
  };
  const merge = { query: { mergePackageTags: 'false' } };
  await move('UpdateToSpecificPackageVersion', { body: { packageVersion: second } });
  await move('UpdateToSpecificPackageVersion', { body: { packageVersion: first } });
  await move('UpdateToLatestPackageVersion', merge);
  await move('RollbackToPreviousReleaseVersion', merge);
  const entry = { releaseKey: key, processVersion: first, inputArgs: '{"in_BatchSize":1}' };
  const update = `odata/Releases/${functions}.UpdateByKey`;
  expectStatus(await folder.call('POST', update, { body: entry }), 200);
  const bulk = `odata/Releases/${functions}.UpdateToLatestPackageVersionBulk`;
  expectStatus(await folder.call('POST', bulk, { body: { releaseIds: [id] } }), 200);
  const keys = { releaseKeys: [key], mergePackageTags: false };
  expectStatus(await folder.call('POST', `${bulk}ByKey`, { body: keys }), 200);
  expectStatus(await folder.call('DELETE', place), 204);
  expectStatus(await folder.call('GET', place), 404);
  const deletion = { query: { key: String(other['Key']) } };
  expectStatus(await tenant.call('DELETE', 'api/Releases/DeleteByKey', deletion), 204);
}
