import { Caller, until } from './caller.ts';

type Row = Readonly<Record<string, unknown>>;

/** Calls everything that the Frends sandbox has at `url`, as its documents say it is called. */
export async function callFrends(url: string): Promise<void> {
  const api = new Caller(`${url}/api/v1`, { authorization: 'Bearer sandbox-token' });
  const statuses: string[] = [];
  const call = async (
    method: string,
    path: string,
    request?: Parameters<Caller['call']>[2],
  ): Promise<{ readonly text: string; readonly headers: Headers; readonly data: Row[] }> => {
    const { status, text, headers } = await api.call(method, path, request);
    if (status >= 300) statuses.push(`${method} ${path} → ${status}`);
    const isEnvelope = text.startsWith('{"data"');
    const { data } = isEnvelope ? (JSON.parse(text) as { data: Row | Row[] }) : { data: [] };
    return { text, headers, data: Array.isArray(data) ? data : [data] };
  };
  await signIn(url);
  await new Caller(url, { authorization: 'Bearer sandbox-token' }).call('GET', 'v1.0/swagger.json');
  const query = { PageNumber: '1', PageSize: '10', processName: 'Smoke test' };
  const [process] = (await call('GET', 'processes', { query })).data;
  const [guid, id] = [String(process?.['uniqueIdentifier']), String(process?.['id'])];
  await call('GET', `processes/${id}`);
  await call('GET', `processes/${guid}/versions/1`);
  const file = (await call('GET', `processes/${id}/export`)).text;
  await call('GET', `processes/${guid}/versions/1/export`);
  await call('GET', 'processes/batch-export', { query: { ids: id } });
  const copy = await importFile(call, file, 'NewActiveElement');
  await importFile(call, file, 'NewVersion');
  for (const path of ['environments', 'environments/3', 'environments/3/agent-groups'])
    await call('GET', path);
  await call('GET', 'agent-groups/3');
  await deployments(call, guid);
  await runs(url, call, guid);
  const tags = { elementType: 'Process', elementGuids: [guid], tags: ['nightly'] };
  for (const method of ['PUT', 'PATCH', 'DELETE']) await call(method, 'tags', { body: tags });
  await call('GET', 'tags', { query: { elementIdentifiers: guid } });
  await call('GET', 'tags/Process');
  await call('DELETE', `processes/${copy}`);
  if (statuses.length > 0) throw new Error(`some calls were refused: ${statuses.join(', ')}`);
  for (const wrong of ['processes?PageNumber=0', 'processes/1', `processes/${copy}/versions/9`]) {
    if ((await api.call('GET', wrong)).status < 400) throw new Error(`${wrong} was accepted`);
  }
}

type Call = (
  method: string,
  path: string,
  request?: Parameters<Caller['call']>[2],
) => Promise<{ readonly text: string; readonly headers: Headers; readonly data: Row[] }>;

async function signIn(url: string): Promise<void> {
  const directory = new Caller(`${url}/sandbox-directory/oauth2`, {
    'content-type': 'application/x-www-form-urlencoded',
  });
  const client = {
    grant_type: 'client_credentials',
    client_id: 'sandbox-client',
    client_secret: 'sandbox-secret',
  };
  for (const [path, by] of [
    ['token', { resource: 'api://frends' }],
    ['v2.0/token', { scope: 'api://frends/.default' }],
  ] as const) {
    const form = new URLSearchParams({ ...client, ...by }).toString();
    await directory.call('POST', path, { body: new TextEncoder().encode(form) });
  }
}

/** The GUID of what was made. */
async function importFile(call: Call, file: string, mode: string): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob([file]), 'process.json');
  form.set('importConflict', mode);
  const [made] = (await call('POST', 'processes/batch-import', { body: form })).data;
  return String(made?.['elementIdentifier']);
}

async function deployments(call: Call, processGuid: string): Promise<void> {
  const body = {
    agentGroupId: 2,
    processes: [{ processGuid, version: 1 }],
    activateTriggers: false,
    deploymentDescription: 'A test',
  };
  const [deployed] = (await call('POST', 'process-deployments', { body })).data;
  const place = `process-deployments/${String(deployed?.['deploymentId'])}`;
  await call('GET', place);
  await call('PUT', `${place}/activation`);
  await call('DELETE', `${place}/activation`);
  await call('DELETE', place);
}

async function runs(url: string, call: Call, processGuid: string): Promise<void> {
  const [deployment] = (await call('GET', 'process-deployments', { query: { processGuid } })).data;
  const execute = `process-deployments/${String(deployment?.['deploymentId'])}/execute`;
  const started = await call('POST', execute, { body: { durationMs: '1' } });
  const query = { processGuids: processGuid, stateFilter: 'ShowAll', pageSize: '3' };
  const executionId = started.headers.get('location')?.split('/').at(-2) ?? '';
  const found = await until(
    async () => (await call('GET', 'instances/3', { query })).data,
    ([newest]) => newest?.['executionId'] === executionId,
  );
  const [details] = (await call('GET', `instances/3/${executionId}/details`)).data;
  const steps = new URL(String(details?.['stepDataUri']));
  await new Caller(url, {}).call('GET', `${steps.pathname.slice(1)}${steps.search}`);
  await call('GET', 'instances/counts/3', { query: { ProcessUniqueIdentifiers: processGuid } });
  const body = { reason: 'A test', instanceIds: [found[0]?.['id']] };
  await call('POST', `instances/3/${processGuid}/acknowledge`, { body });
}
