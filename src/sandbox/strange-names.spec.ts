import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sandboxes } from './index.ts';
import { type Sandbox, sandboxCredentials } from './kit/sandbox.ts';
import { cloudBase } from './uipath/uipath.sandbox.ts';

const bearer = `Bearer ${sandboxCredentials.token}`;
const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty'];

/** Where a caller's own words lead into what a sandbox holds. */
const paths: Readonly<Record<string, (name: string) => readonly string[]>> = {
  uipath: (name) => [
    `/odata/Processes?$filter=${name} eq 1`,
    `/odata/Processes?$filter=Id ${name} 'a'`,
    `/odata/Processes?$filter=${name}(Id,'a')`,
    `/odata/Processes?$orderby=${name}`,
    `/odata/Processes?$select=${name}`,
    `/odata/Releases?$filter=ProcessKey eq '${name}'`,
    `/odata/Processes/UiPath.Server.Configuration.OData.GetProcessVersions(processId='${name}')`,
  ],
  concord: (name) => [
    `/api/v1/org/${name}`,
    `/api/v1/org/${name}/project`,
    `/api/v1/org/Default/project/${name}/repository`,
    `/api/v1/org/Default/project/platform-checks/repository/${name}`,
    `/api/v1/process/${name}`,
    `/api/v2/process?projectName=platform-checks&meta.${name}.${name}=x`,
  ],
  odsl: (name) => [
    `/api/process/v1/${name}`,
    `/api/process/v1/${name}/*`,
    `/api/process/v1/SMOKE_TEST/${name}`,
    `/api/process/v1?_distinct=${name}&_sort=${name}`,
    `/api/process-exec/v1/${name}`,
  ],
  frends: (name) => [
    `/api/v1/processes/${name}`,
    `/api/v1/processes?processGuid=${name}`,
    `/api/v1/tags?elementIdentifiers=${name}`,
    `/api/v1/tags/${name}`,
  ],
};

describe.each(Object.entries(sandboxes))('the %s sandbox', (name, startSandbox) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.close());

  const base = name === 'uipath' ? cloudBase : '';
  const authorization = name === 'concord' ? sandboxCredentials.clientSecret : bearer;
  const call = (method: string, path: string, body?: FormData | string): Promise<Response> =>
    fetch(`${sandbox.url}${base}${path}`, {
      method,
      headers: {
        authorization,
        'x-uipath-organizationunitid': '101',
        ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
      },
      ...(body === undefined ? {} : { body }),
    });

  test.each(names)('takes %s for a name like any other', async (strange) => {
    const asked = paths[name]?.(strange) ?? [];
    expect(asked.length).toBeGreaterThan(3);
    for (const path of asked) {
      const { status } = await call('GET', path);
      expect([path, status >= 500]).toEqual([path, false]);
    }
  });

  if (name === 'concord')
    test.each(names)(
      'gives an argument called %s to its run, and to nothing else',
      async (strange) => {
        const form = new FormData();
        const fields = { org: 'Default', project: 'platform-checks', repo: 'main' };
        for (const [field, value] of Object.entries(fields)) form.set(field, value);
        form.set('entryPoint', 'Smoke test');
        form.set(`arguments.${strange}.polluted`, 'yes');
        expect((await call('POST', '/api/v1/process', form)).status).toBe(200);
        expect('polluted' in {}).toBe(false);
        form.set('entryPoint', strange);
        const answer = await call('POST', '/api/v1/process', form);
        const { instanceId } = (await answer.json()) as { instanceId: string };
        expect((await call('GET', `/api/v2/process/${instanceId}`)).status).toBe(200);
        const files = await call('GET', `/api/v1/process/${instanceId}/attachment/${strange}`);
        expect(files.status).toBe(404);
      },
    );

  if (name === 'frends')
    test.each(names)('tags what is called %s', async (strange) => {
      const body = { elementType: 'Process', elementGuids: [strange], tags: ['nightly'] };
      expect((await call('PATCH', '/api/v1/tags', JSON.stringify(body))).status).toBe(204);
      const all = (await (await call('GET', '/api/v1/tags/Process')).json()) as { data: string[] };
      expect(all.data).toContain('nightly');
    });
});
