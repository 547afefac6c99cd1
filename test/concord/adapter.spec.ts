import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { concord } from '../../src/platforms/concord/concord.platform.ts';
import { type OpenAdapter, openAdapter } from '../support/open-adapter.ts';
import { describeReadSide } from '../conformance/read-side.ts';
import { readerOf } from '../conformance/reader.ts';
import { realServer } from './server.ts';

jest.setTimeout(60_000);

const { url } = realServer();

function connect(changes: Readonly<Record<string, unknown>> = {}): OpenAdapter {
  const auth = { type: 'apiKey', key: { env: 'CONCORD_API_KEY' } };
  return openAdapter(concord, url, { auth, ...changes });
}

describe('Concord keeps the adapter contract on a real server', () => {
  describeReadSide(() => Promise.resolve(connect()));
});

describe('a real Concord', () => {
  let open: OpenAdapter;
  const reader = readerOf(() => open.adapter);
  beforeAll(() => {
    open = connect();
  });
  afterAll(() => open.close());

  test('tells its release', async () => {
    expect((await open.adapter.ping(reader.signal())).version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('does not take a wrong key', async () => {
    const auth = { type: 'apiKey', key: { env: 'WRONG_SECRET' } };
    const wrong = connect({ auth });
    await expect(wrong.adapter.ping(reader.signal())).rejects.toMatchObject({
      code: 'upstream_auth_failed',
    });
    await wrong.close();
  });

  test.each(['raw', 'bearer'])('takes the key as %s', async (scheme) => {
    const other = connect({ auth: { type: 'apiKey', key: { env: 'CONCORD_API_KEY' }, scheme } });
    expect((await other.adapter.ping(reader.signal())).version).not.toBeNull();
    await other.close();
  });

  test('lists the flows of the sample, each with what stands in its project file', async () => {
    const processes = await reader.list();
    const byKey = new Map(processes.map((process) => [process.key, process]));
    expect(byKey.get('Default:platform-checks:main:Smoke%20test')).toMatchObject({
      name: 'Smoke test',
      description: 'Flows that show that the platform runs flows',
      enabled: true,
      schedule: [{ expression: '0 5 1 1 *', dialect: 'unix-cron', timezone: null, active: true }],
      startPage: `${url}/api/v1/org/Default/project/platform-checks/repo/main/start/Smoke%20test`,
    });
    expect(byKey.get('Finance:finance-automation:main:Payment%20run')?.schedule).toEqual([
      { expression: '0 5 2 1 *', dialect: 'unix-cron', timezone: 'Europe/Berlin', active: true },
    ]);
    expect(byKey.get('Finance:finance-automation:legacy:default')).toMatchObject({
      name: 'finance-automation',
      enabled: false,
      schedule: null,
    });
    expect(byKey.get('Sales:shared-forms:main:')).toMatchObject({
      name: 'shared-forms',
      startPage: null,
    });
  });

  test('prints dates with an offset of hours, which arrive in UTC', async () => {
    const project = await fetch(`${url}/api/v2/org/Finance/project/finance-automation`, {
      headers: { authorization: process.env['CONCORD_API_KEY'] ?? '' },
    });
    const { createdAt } = (await project.json()) as { createdAt: string };
    const [found] = (await reader.list()).filter(({ key }) => key.startsWith('Finance:'));
    expect(createdAt).toMatch(/-05$/);
    expect(Date.parse(found?.createdAt ?? '')).toBe(Date.parse(`${createdAt}:00`));
  });

  test('starts a flow whose name has a slash from its page', async () => {
    const found = (await reader.list()).find(({ name }) => name.includes('/'));
    const page = await fetch(found?.startPage ?? '', {
      headers: { authorization: process.env['CONCORD_API_KEY'] ?? '' },
    });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
  });

  test('shows neither the arguments of a trigger nor the secret of a repository', async () => {
    for (const { key } of await reader.list()) {
      const found = await reader.part('processes').get(key, reader.signal());
      expect(JSON.stringify(found)).not.toContain('not for anybody');
    }
  });

  test('knows nothing of an organization that is not its own', async () => {
    const limited = connect({ organizations: ['Finance'] });
    const processes = limited.adapter.parts.processes;
    const keys = (await processes?.list(reader.signal()))?.map(({ key }) => key.split(':')[0]);
    expect(new Set(keys)).toEqual(new Set(['Finance']));
    expect(await processes?.get('Sales:shared-forms:main:', reader.signal())).toBeNull();
    await limited.close();
  });
});
