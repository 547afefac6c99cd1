import { describe, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProcessesPart } from '../../domain/adapter.ts';
import { concordSandboxWith } from '../../sandbox/concord/concord.sandbox.ts';
import { startSandbox } from '../../sandbox/kit/sandbox.ts';
import type { ConcordConfig } from './concord.config.ts';
import { AskedConcord, signal } from './concord.testing.ts';

const smokeTest = 'Default:platform-checks:main:Smoke%20test';

const concord = new AskedConcord();
const processes = (changes?: Partial<ConcordConfig>, url?: string): ProcessesPart =>
  concord.parts(changes, url).processes;
const pathsOf = (): string[] => concord.exchanges.map(({ url }) => url);

describe('the list', () => {
  test('asks once per organization and project, and once for all triggers', async () => {
    const list = await processes().list(signal());
    const paths = pathsOf();
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths.filter((path) => path.includes('trigger'))).toEqual(['/api/v2/trigger?type=cron']);
    expect(list.length).toBeGreaterThan(paths.length);
  });

  test('has a repository without known flows once, without a page to start it', async () => {
    const list = await processes().list(signal());
    const found = list.filter(({ key }) => key.startsWith('Sales:shared-forms:main:'));
    expect(found).toMatchObject([{ name: 'shared-forms', startPage: null, enabled: true }]);
  });

  test('has no more than the organizations that belong to the connection', async () => {
    const list = await processes({ organizations: ['Finance', 'People'] }).list(signal());
    expect(new Set(list.map(({ key }) => key.split(':')[0]))).toEqual(
      new Set(['Finance', 'People']),
    );
    expect(pathsOf()).not.toContain('/api/v1/org');
  });

  test('leaves out what the server runs for itself, unless that is asked for by name', async () => {
    const own = 'ConcordSystem:concordTriggers:triggers:';
    const organizationsOf = async (changes: Partial<ConcordConfig>): Promise<Set<unknown>> => {
      const list = await processes(changes).list(signal());
      return new Set(list.map(({ key }) => key.split(':')[0]));
    };
    expect(await organizationsOf({})).toContain('Default');
    expect(await organizationsOf({})).not.toContain('ConcordSystem');
    expect(await processes().get(own, signal())).toBeNull();
    expect(await processes().resolve(own, signal())).toBeNull();
    const named = { organizations: ['ConcordSystem'] };
    expect(await organizationsOf(named)).toEqual(new Set(['ConcordSystem']));
    expect(await processes(named).get(own, signal())).toMatchObject({ key: own });
  });

  test('says it when an organization of the configuration does not exist', async () => {
    await expect(processes({ organizations: ['Finanse'] }).list(signal())).rejects.toMatchObject({
      code: 'upstream_rejected',
      details: { upstream: { status: 400, message: 'Organization not found: Finanse' } },
    });
  });

  test('asks each repository for its triggers where the server cannot list them all', async () => {
    const expected = await processes().list(signal());
    concord.sandbox.faults.add({
      path: '^/api/v2/trigger',
      fault: { kind: 'status', status: 404 },
    });
    expect(await processes().list(signal())).toEqual(expected);
  });

  test('does without a project that went away meanwhile', async () => {
    const path = '/project/shared-forms/repository';
    const body = JSON.stringify([{ id: '*', message: 'Project not found: shared-forms' }]);
    concord.sandbox.faults.add({ path, fault: { kind: 'status', status: 400, body } });
    const list = await processes().list(signal());
    expect(list.some(({ key }) => key.startsWith('Sales:'))).toBe(true);
    expect(list.some(({ key }) => key.includes('shared-forms'))).toBe(false);
  });

  test('fails when the credential may not see a project', async () => {
    const path = '/project/shared-forms/repository';
    concord.sandbox.faults.add({ path, fault: { kind: 'status', status: 403, body: 'no READER' } });
    await expect(processes().list(signal())).rejects.toMatchObject({
      code: 'upstream_auth_failed',
    });
  });

  test.each(['-05', 'Z', '+02'])('reads dates that end with %s', async (zone) => {
    const zoneHours = zone === 'Z' ? 0 : Number(zone);
    const other = await startSandbox(concordSandboxWith({ zoneHours }));
    const [here] = (await processes().list(signal())).filter(({ key }) => key === smokeTest);
    const [there] = (await processes({}, other.url).list(signal())).filter(
      ({ key }) => key === smokeTest,
    );
    await other.close();
    expect(there?.createdAt).toBe(here?.createdAt);
    expect(here?.createdAt).toMatch(/Z$/);
  });

  test('never has more calls under way than the connection allows', async () => {
    const server = await slowConcord(30);
    const list = await processes({ concurrency: 3 }, server.url).list(signal());
    expect(list).toHaveLength(30);
    expect(server.most()).toBe(3);
    await server.close();
  });
});

describe('one process', () => {
  test('is whole: the place of its flow, and never the name of a secret', async () => {
    const found = await processes().get(
      'Finance:finance-automation:main:Invoice%20intake',
      signal(),
    );
    expect(found?.configuration).toEqual({
      url: 'https://git.example.com/finance/finance-automation.git',
      branch: 'main',
      commitId: null,
      path: null,
      profiles: ['nightly', 'test'],
    });
    expect(found?.schedule).not.toBeNull();
    expect(JSON.stringify(found)).not.toMatch(/git-deploy-key|kept by nobody/);
  });

  test('without a flow exists wherever the repository does: its project file chooses', async () => {
    const part = processes();
    const found = await part.get('Default:platform-checks:main:', signal());
    expect(found).toMatchObject({ name: 'platform-checks', startPage: null, schedule: null });
    expect(await part.get('Default:platform-checks:main:no-such-flow', signal())).toBeNull();
    expect(await part.get('Default:platform-checks:no-such-repo:', signal())).toBeNull();
  });

  test.each([
    ['an unknown organization, which Concord answers with 400', 'Nowhere:platform-checks:main:x'],
    ['an unknown project', 'Default:no-such-project:main:x'],
  ])('of %s does not exist', async (_name, key) => {
    expect(await processes().get(key, signal())).toBeNull();
    expect(await processes().resolve(key, signal())).toBeNull();
  });

  test.each(['Default:x:main:flow', 'a b:platform-checks:main:flow', 'one', 'a:b:c:d:e'])(
    'cannot be called %s, and nobody is asked',
    async (key) => {
      expect(await processes().get(key, signal())).toBeNull();
      expect(await processes().resolve(key, signal())).toBeNull();
      expect(concord.exchanges).toEqual([]);
    },
  );

  test('of another organization than the connection has does not exist', async () => {
    expect(await processes({ organizations: ['Finance'] }).get(smokeTest, signal())).toBeNull();
    expect(concord.exchanges).toEqual([]);
  });
});

describe('an alias', () => {
  test.each([
    ['platform-checks:main', 'Default:platform-checks:main:'],
    ['platform-checks:main:Smoke%20test', smokeTest],
    [smokeTest, smokeTest],
  ])('%s means %s', async (alias, key) => {
    expect(await processes().resolve(alias, signal())).toEqual({ key, version: null });
  });

  test('costs one call', async () => {
    await processes().resolve('platform-checks:main', signal());
    expect(concord.exchanges).toHaveLength(1);
  });

  test('of a project in another organization means nothing', async () => {
    expect(await processes().resolve('finance-automation:main', signal())).toBeNull();
  });
});

/** Answers every call after 20 ms: one organization, `count` projects, a repository each. Counts what is under way. */
async function slowConcord(
  count: number,
): Promise<{ url: string; most: () => number; close: () => Promise<void> }> {
  const projects = Array.from({ length: count }, (_, index) => ({ name: `project-${index}` }));
  let underWay = 0;
  let most = 0;
  const server = createServer((request, response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    setTimeout(() => {
      underWay -= 1;
      const path = request.url ?? '';
      const body = path.endsWith('/org')
        ? [{ name: 'Default' }]
        : path.endsWith('/project')
          ? projects
          : path.endsWith('/repository')
            ? [{ name: 'main' }]
            : [];
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    }, 20);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    most: () => most,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => {
          done();
        });
      }),
  };
}
