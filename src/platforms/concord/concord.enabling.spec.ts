import { describe, expect, test } from '@jest/globals';
import type { PreparedChange, UpdateRequest } from '../../domain/change.ts';
import { ChangingConcord, intake, legacy, place, refusal } from './concord.changes.testing.ts';
import { signal } from './concord.testing.ts';

const concord = new ChangingConcord();

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
  const prepare = (wanted: UpdateRequest): Promise<PreparedChange> =>
    concord.prepare(concord.parts().lifecycle, wanted);
  const flows = async (name: string): Promise<readonly string[]> =>
    ((await concord.repository(name))['meta'] as { entryPoints: readonly string[] }).entryPoints;

  test('is all that can be changed of a flow', () => {
    expect(concord.parts().lifecycle.fields).toEqual(['enabled']);
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
      expect(concord.effects()).toEqual([]);
    },
  );

  test('switches the repository, and says so of every flow, the own one first', async () => {
    const [first = '', second = '', ...others] = await flows('main');
    const key = `Finance:finance-automation:main:${encodeURIComponent(second)}`;
    const { items, evidence } = await prepare(request(key, false));
    expect(items.map(({ name }) => name)).toEqual([second, first, ...others]);
    expect(new Set(items.map(({ effect }) => effect))).toEqual(new Set(['updated']));
    expect(await concord.send(concord.parts().lifecycle, evidence)).toEqual({ items });
    expect((await concord.parts().processes.get(intake, signal()))?.enabled).toBe(false);
    expect(concord.effects()).toEqual(['repository.saved']);
  });

  test.each(['main', 'legacy'])('leaves everything else of %s as it was', async (name) => {
    const before = await concord.repository(name);
    const key = name === 'main' ? intake : legacy;
    const enabled = before['disabled'] === true;
    await concord.send(concord.parts().lifecycle, (await prepare(request(key, enabled))).evidence);
    expect(await concord.repository(name)).toEqual({ ...before, disabled: !enabled });
    expect(before['secretName'] === undefined && before['path'] === undefined).toBe(false);
  });

  test('keeps what somebody else has changed of the repository meanwhile', async () => {
    const { evidence } = await prepare(request(intake, false));
    await concord.call('POST', place, { ...(await concord.repository('main')), branch: 'release' });
    await concord.send(concord.parts().lifecycle, evidence);
    expect(await concord.repository('main')).toMatchObject({ disabled: true, branch: 'release' });
  });

  test('writes down nothing but the switch: a URL may hold a password', async () => {
    const url = 'https://bot:hunter2@git.example.com/x.git';
    await concord.call('POST', place, { ...(await concord.repository('main')), url });
    const { evidence } = await prepare(request(intake, false));
    expect(JSON.stringify(evidence)).not.toContain('hunter2');
    await concord.send(concord.parts().lifecycle, evidence);
    expect(await concord.repository('main')).toMatchObject({ disabled: true, url });
  });

  test.each([
    [intake, true],
    [legacy, false],
  ])('changes nothing where %s is so already, and asks nothing', async (key, enabled) => {
    const { items, evidence } = await prepare(request(key, enabled, { confirm: null }));
    expect(new Set(items.map(({ effect }) => effect))).toEqual(new Set(['unchanged']));
    expect(items[0]?.process).toBe(key);
    expect(await concord.send(concord.parts().lifecycle, evidence)).toEqual({ items });
    expect(concord.effects()).toEqual([]);
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
    const { lifecycle, repositoryRefresh } = concord.parts({ organizations: ['Default'] });
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
    concord.loseAnswer(kind);
    await expect(concord.send(concord.parts().lifecycle, evidence)).rejects.toMatchObject({
      details: { sent: 'maybe' },
    });
    expect((await concord.reconcile(concord.parts().lifecycle, evidence)).state).toBe(state);
  });

  test('that has happened meanwhile is not done again', async () => {
    const { evidence } = await prepare(request(intake, false));
    await concord.send(concord.parts().lifecycle, evidence);
    await concord.send(concord.parts().lifecycle, evidence);
    expect(concord.effects()).toEqual(['repository.saved']);
  });

  test('that cannot read the repository first has sent nothing', async () => {
    const { evidence } = await prepare(request(intake, false));
    concord.sandbox.faults.add({ method: 'GET', path: '/repository', fault: { kind: 'reset' } });
    await expect(concord.send(concord.parts().lifecycle, evidence)).rejects.toMatchObject({
      details: { sent: 'no' },
    });
  });

  test('of a repository that Git does not give is refused with what Git says', async () => {
    await concord.call('POST', place, {
      ...(await concord.repository('legacy')),
      branch: 'missing',
      commitId: null,
    });
    const { evidence } = await prepare(request(legacy, true));
    await expect(concord.send(concord.parts().lifecycle, evidence)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining("pathspec 'missing' did not match"),
      details: { outcome: 'rejected', upstream: { status: 500 } },
    });
    expect(await concord.reconcile(concord.parts().lifecycle, evidence)).toEqual({
      state: 'absent',
    });
  });

  test('of a repository that was made anew meanwhile is refused, and in doubt', async () => {
    const { evidence } = await prepare(request(intake, false));
    const { id, ...old } = await concord.repository('main');
    expect(id).toEqual(expect.any(String));
    await concord.call('DELETE', `${place}/main`);
    const gone = { code: 'conflict', details: { outcome: 'rejected' } };
    await expect(concord.send(concord.parts().lifecycle, evidence)).rejects.toMatchObject(gone);
    expect((await concord.reconcile(concord.parts().lifecycle, evidence)).state).toBe('undecided');
    await concord.call('POST', place, {
      ...old,
      secretName: undefined,
      secretId: undefined,
      name: 'other',
    });
    await concord.call('POST', place, { ...(await concord.repository('other')), name: 'main' });
    expect((await concord.repository('main'))['id']).not.toBe(id);
    await expect(concord.send(concord.parts().lifecycle, evidence)).rejects.toMatchObject(gone);
  });
});
