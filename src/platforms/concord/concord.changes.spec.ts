import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts } from '../../domain/adapter.ts';
import type {
  ChangePart,
  ChangeReceipt,
  PreparedChange,
  UpdateRequest,
} from '../../domain/change.ts';
import type { Native } from '../../domain/native.ts';
import type { Reconciliation } from '../../domain/write.ts';
import { concordSandbox } from '../../sandbox/concord/concord.sandbox.ts';
import { type Exchange, type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { timeout } from '../../timing/deadline.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import type { ConcordConfig } from './concord.config.ts';
import { ConcordConnector } from './concord.module.ts';

const place = '/api/v1/org/Finance/project/finance-automation/repository';
const intake = 'Finance:finance-automation:main:Invoice%20intake';
const legacy = 'Finance:finance-automation:legacy:';
const shared = 'Sales:shared-forms:main:';
const refusal = { connection: 'concord', platform: 'concord', outcome: 'not_sent' };

let sandbox: Sandbox;
let exchanges: Exchange[] = [];
const upstreams = new UpstreamFactory();

beforeAll(async () => {
  sandbox = await startSandbox(concordSandbox, { observe: (exchange) => exchanges.push(exchange) });
});
afterEach(() => {
  sandbox.faults.clear();
  sandbox.reset();
  exchanges = [];
});
afterAll(async () => {
  await upstreams.onApplicationShutdown();
  await sandbox.close();
});

const signal = (): AbortSignal => timeout(10_000);

function parts(changes: Partial<ConcordConfig> = {}): AdapterParts {
  const { parts: found } = new ConcordConnector(upstreams).open({
    ...z.object(connectionFields).parse({ baseUrl: sandbox.url }),
    id: 'concord',
    platform: 'concord',
    startStyle: 'auto',
    auth: { type: 'apiKey', key: new Secret(() => 'sandbox-secret'), scheme: 'raw' },
    ...changes,
  });
  return found as AdapterParts;
}

const kept = (prepared: PreparedChange): PreparedChange =>
  JSON.parse(JSON.stringify(prepared)) as PreparedChange;
const send = (part: ChangePart<never>, evidence: Native): Promise<ChangeReceipt> =>
  part.send(evidence, {
    signal: signal(),
    permit: () => undefined,
    openFile: () => Promise.reject(new Error('there is no file')),
  });
const reconcile = (
  part: ChangePart<never>,
  evidence: Native,
): Promise<Reconciliation<ChangeReceipt>> =>
  part.reconcile(evidence, { from: Date.now() - 1_000, until: Date.now() }, signal());
const effects = (): string[] => sandbox.ledger().map(({ effect }) => effect);
const loseAnswer = (kind: 'reset' | 'resetAfterEffect'): void => {
  sandbox.faults.add({ method: 'POST', path: '/repository', times: 1, fault: { kind } });
};

async function call(method: string, path: string, body?: object): Promise<Native> {
  const answer = await fetch(`${sandbox.url}${path}`, {
    method,
    headers: { authorization: 'sandbox-secret', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return answer.status === 200 ? ((await answer.json()) as Native) : {};
}
const repository = (name: string): Promise<Native> => call('GET', `${place}/${name}`);

describe('enabling and disabling', () => {
  const request = (
    key: string,
    enabled: boolean,
    changes: Partial<UpdateRequest> = {},
  ): UpdateRequest => ({
    key,
    confirm: 'repository',
    patch: { enabled },
    ifMatch: null,
    ...changes,
  });
  const prepare = async (wanted: UpdateRequest): Promise<PreparedChange> =>
    kept(await parts().lifecycle.prepare(wanted, signal()));
  const flows = async (name: string): Promise<readonly string[]> =>
    ((await repository(name))['meta'] as { entryPoints: readonly string[] }).entryPoints;

  test('is all that can be changed of a flow', () => {
    expect(parts().lifecycle.fields).toEqual(['enabled']);
  });

  test.each([null, 'undeploy'])(
    'asks first, and names the siblings (confirm=%s)',
    async (confirm) => {
      const [, ...siblings] = await flows('main');
      expect(siblings.length).toBeGreaterThan(2);
      await expect(prepare(request(intake, false, { confirm }))).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(/disables the whole repository main .*\?confirm=repository/),
        details: {
          ...refusal,
          members: {
            confirm: 'repository',
            stands: siblings.map((name) => ({
              id: `concord:Finance:finance-automation:main:${encodeURIComponent(name)}`,
              name,
            })),
          },
        },
      });
      expect(effects()).toEqual([]);
    },
  );

  test('switches the repository, and says so of every flow, the own one first', async () => {
    const [first = '', second = '', ...others] = await flows('main');
    const key = `Finance:finance-automation:main:${encodeURIComponent(second)}`;
    const { items, evidence } = await prepare(request(key, false));
    expect(items.map(({ name }) => name)).toEqual([second, first, ...others]);
    expect(new Set(items.map(({ effect }) => effect))).toEqual(new Set(['updated']));
    expect(await send(parts().lifecycle, evidence)).toEqual({ items });
    expect((await parts().processes.get(intake, signal()))?.enabled).toBe(false);
    expect(effects()).toEqual(['repository.saved']);
  });

  test.each(['main', 'legacy'])('leaves everything else of %s as it was', async (name) => {
    const before = await repository(name);
    const key = name === 'main' ? intake : legacy;
    const enabled = before['disabled'] === true;
    await send(parts().lifecycle, (await prepare(request(key, enabled))).evidence);
    expect(await repository(name)).toEqual({ ...before, disabled: !enabled });
    expect(before['secretName'] === undefined && before['path'] === undefined).toBe(false);
  });

  test('keeps what somebody else has changed of the repository meanwhile', async () => {
    const { evidence } = await prepare(request(intake, false));
    await call('POST', place, { ...(await repository('main')), branch: 'release' });
    await send(parts().lifecycle, evidence);
    expect(await repository('main')).toMatchObject({ disabled: true, branch: 'release' });
  });

  test('writes down nothing but the switch: a URL may hold a password', async () => {
    const url = 'https://bot:hunter2@git.example.com/x.git';
    await call('POST', place, { ...(await repository('main')), url });
    const { evidence } = await prepare(request(intake, false));
    expect(JSON.stringify(evidence)).not.toContain('hunter2');
    await send(parts().lifecycle, evidence);
    expect(await repository('main')).toMatchObject({ disabled: true, url });
  });

  test.each([
    [intake, true],
    [legacy, false],
  ])('changes nothing where %s is so already, and asks nothing', async (key, enabled) => {
    const { items, evidence } = await prepare(request(key, enabled, { confirm: null }));
    expect(new Set(items.map(({ effect }) => effect))).toEqual(new Set(['unchanged']));
    expect(items[0]?.process).toBe(key);
    expect(await send(parts().lifecycle, evidence)).toEqual({ items });
    expect(effects()).toEqual([]);
  });

  test.each([
    'Finance:finance-automation:main:nope',
    'Finance:finance-automation:nope:x',
    'Finance:nope:main:x',
    'nope',
    'ConcordSystem:concordTriggers:triggers:',
  ])('of what is not there (%s) is 404', async (key) => {
    await expect(prepare(request(key, false))).rejects.toMatchObject({
      code: 'not_found',
      details: refusal,
    });
  });

  test('reaches only the organizations of the connection', async () => {
    const { lifecycle, repositoryRefresh } = parts({ organizations: ['Default'] });
    const error = { code: 'not_found' };
    await expect(lifecycle.prepare(request(intake, false), signal())).rejects.toMatchObject(error);
    const terms = { key: intake, confirm: null };
    await expect(repositoryRefresh.prepare(terms, signal())).rejects.toMatchObject(error);
  });

  test('under a condition on a version is 412, as there are none', async () => {
    const conditional = prepare(request(intake, false, { ifMatch: '3' }));
    await expect(conditional).rejects.toMatchObject({
      code: 'precondition_failed',
      details: refusal,
    });
    await prepare(request(intake, false, { ifMatch: '*' }));
  });

  test.each([
    ['resetAfterEffect', 'applied'],
    ['reset', 'absent'],
  ] as const)('without an answer (%s) is %s', async (kind, state) => {
    const { evidence } = await prepare(request(intake, false));
    loseAnswer(kind);
    await expect(send(parts().lifecycle, evidence)).rejects.toMatchObject({
      details: { sent: 'maybe' },
    });
    expect((await reconcile(parts().lifecycle, evidence)).state).toBe(state);
  });

  test('that has happened meanwhile is not done again', async () => {
    const { evidence } = await prepare(request(intake, false));
    await send(parts().lifecycle, evidence);
    await send(parts().lifecycle, evidence);
    expect(effects()).toEqual(['repository.saved']);
  });

  test('that cannot read the repository first has sent nothing', async () => {
    const { evidence } = await prepare(request(intake, false));
    sandbox.faults.add({ method: 'GET', path: '/repository', fault: { kind: 'reset' } });
    await expect(send(parts().lifecycle, evidence)).rejects.toMatchObject({
      details: { sent: 'no' },
    });
  });

  test('of a repository that Git does not give is refused with what Git says', async () => {
    await call('POST', place, {
      ...(await repository('legacy')),
      branch: 'missing',
      commitId: null,
    });
    const { evidence } = await prepare(request(legacy, true));
    await expect(send(parts().lifecycle, evidence)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining("pathspec 'missing' did not match"),
      details: { outcome: 'rejected', upstream: { status: 500 } },
    });
    expect(await reconcile(parts().lifecycle, evidence)).toEqual({ state: 'absent' });
  });

  test('of a repository that was made anew meanwhile is refused, and in doubt', async () => {
    const { evidence } = await prepare(request(intake, false));
    const { id, ...old } = await repository('main');
    expect(id).toEqual(expect.any(String));
    await call('DELETE', `${place}/main`);
    const gone = { code: 'conflict', details: { outcome: 'rejected' } };
    await expect(send(parts().lifecycle, evidence)).rejects.toMatchObject(gone);
    expect((await reconcile(parts().lifecycle, evidence)).state).toBe('undecided');
    await call('POST', place, {
      ...old,
      secretName: undefined,
      secretId: undefined,
      name: 'other',
    });
    await call('POST', place, { ...(await repository('other')), name: 'main' });
    expect((await repository('main'))['id']).not.toBe(id);
    await expect(send(parts().lifecycle, evidence)).rejects.toMatchObject(gone);
  });
});

describe('a refresh', () => {
  const prepare = async (key: string): Promise<PreparedChange> =>
    kept(await parts().repositoryRefresh.prepare({ key, confirm: null }, signal()));

  test('reads the repository behind a flow, and with it all of its flows', async () => {
    const { items, evidence } = await prepare(intake);
    expect(items[0]).toMatchObject({ process: intake, effect: 'refreshed', version: null });
    expect(items.length).toBeGreaterThan(3);
    exchanges = [];
    expect(await send(parts().repositoryRefresh, evidence)).toEqual({ items });
    expect(exchanges.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST ${place}/main/refresh?sync=true`,
    ]);
    expect(effects()).toEqual(['repository.refreshed']);
  });

  test.each(['Finance:finance-automation:main:nope', 'Finance:nope:main:x', 'nope'])(
    'of what is not there (%s) is 404',
    async (key) => {
      await expect(prepare(key)).rejects.toMatchObject({ code: 'not_found', details: refusal });
    },
  );

  test('that Git does not let happen is refused with what Git says', async () => {
    const { evidence } = await prepare(legacy);
    await call('POST', place, {
      ...(await repository('legacy')),
      branch: 'missing',
      commitId: null,
    });
    await expect(send(parts().repositoryRefresh, evidence)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining("pathspec 'missing'"),
      details: { outcome: 'rejected' },
    });
  });

  describe('whose answer was lost', () => {
    test.each([
      ['resetAfterEffect', 'applied'],
      ['reset', 'absent'],
    ] as const)('(%s) is %s where Concord had never read the repository', async (kind, state) => {
      const url = 'https://git.example.com/new.git';
      await call('POST', place, { name: 'fresh', url, branch: 'main', disabled: true });
      const { evidence } = await prepare('Finance:finance-automation:fresh:');
      loseAnswer(kind);
      await expect(send(parts().repositoryRefresh, evidence)).rejects.toMatchObject({
        details: { sent: 'maybe' },
      });
      expect((await reconcile(parts().repositoryRefresh, evidence)).state).toBe(state);
    });

    test.each(['resetAfterEffect', 'reset'] as const)(
      '(%s) is in doubt where nothing new was found',
      async (kind) => {
        const { evidence } = await prepare(intake);
        loseAnswer(kind);
        await expect(send(parts().repositoryRefresh, evidence)).rejects.toMatchObject({
          details: { sent: 'maybe' },
        });
        expect(await reconcile(parts().repositoryRefresh, evidence)).toMatchObject({
          state: 'undecided',
          why: expect.stringContaining('does no harm'),
        });
      },
    );

    test('is found by what is known of the repository since', async () => {
      const { evidence } = await prepare(intake);
      // The triggers of a repository go when they are disabled: as if they were gone from Git.
      await call('POST', place, { ...(await repository('main')), triggersDisabled: true });
      expect(await reconcile(parts().repositoryRefresh, evidence)).toMatchObject({
        state: 'applied',
      });
    });

    test('is in doubt where the repository is gone', async () => {
      const { evidence } = await prepare(shared);
      await call('DELETE', '/api/v1/org/Sales/project/shared-forms/repository/main');
      expect((await reconcile(parts().repositoryRefresh, evidence)).state).toBe('undecided');
    });
  });
});
