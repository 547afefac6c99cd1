import { describe, expect, test } from '@jest/globals';
import type { ProcessPatch, UpdateRequest } from '../../domain/change.ts';
import { ChangedUipath, notSent, refusal } from './uipath.changes.testing.ts';

const stands = (id: string, name: string, version: string) => ({
  id,
  name,
  version,
  target: { id: '101', name: 'Shared', kind: 'folder' },
});
const oldest = '1.0.6981.35861';
const middle = '1.0.7012.9120';
const newest = '1.0.7012.11204';

describe('a version on UiPath that is to run', () => {
  const uipath = new ChangedUipath('activation');
  const of = (key: string, version: string, active = true, confirm: string | null = null) => ({
    key,
    version,
    active,
    confirm,
  });

  test('is what the release of the folder is moved to', async () => {
    const prepared = await uipath.prepared(of('PaymentRun', newest));
    const item = {
      process: 'PaymentRun',
      name: 'Payment run',
      version: newest,
      versionId: `PaymentRun:${newest}`,
      deployment: '1047',
      effect: 'deployed',
      problem: null,
    };
    expect(await uipath.send(prepared)).toEqual({ items: [item] });
    expect(uipath.writes()).toEqual([
      'POST /odata/Releases(1047)/UiPath.Server.Configuration.OData.UpdateToSpecificPackageVersion',
    ]);
    expect(uipath.effects()).toMatchObject([
      ['release.moved', { id: 1047, version: newest, folder: 'Shared' }],
    ]);
    const active = (await uipath.versions('PaymentRun'))?.filter((each) => each.active === true);
    expect(active?.map(({ version }) => version)).toContain(newest);
  });

  test('goes back to an older one as well, in whatever spelling', async () => {
    await uipath.send(await uipath.prepared(of('EmployeeOnboarding', '1.2')));
    expect(uipath.effects()).toMatchObject([['release.moved', { version: '1.2.0' }]]);
  });

  test('gets a release of its own where none stands, called as the package', async () => {
    const prepared = await uipath.prepared(of('CreditCheck', 'latest'));
    expect(prepared.items).toMatchObject([
      { name: 'CreditCheck', version: '1.13.0', deployment: null, effect: 'deployed' },
    ]);
    const { items } = await uipath.send(prepared);
    const [made] = await uipath.deployments('CreditCheck');
    expect(made).toMatchObject({ name: 'CreditCheck', version: '1.13.0' });
    expect(items).toMatchObject([{ deployment: made?.id, version: '1.13.0' }]);
    expect(uipath.effects()).toMatchObject([['release.created', { name: 'CreditCheck' }]]);
    await uipath.send(await uipath.prepared(of('CreditCheck', 'latest')));
    expect(uipath.effects()).toHaveLength(1);
  });

  test('runs already: nothing is sent', async () => {
    const prepared = await uipath.prepared(of('SmokeTest', '1.0'));
    expect(prepared.items).toMatchObject([
      { deployment: '1001', version: '1.0.0', effect: 'unchanged' },
    ]);
    expect(await uipath.send(prepared)).toEqual({ items: prepared.items });
    expect(uipath.writes()).toEqual([]);
  });

  test('is refused where several releases stand, which are named', async () => {
    await uipath.call('POST', 'Releases', {
      Name: 'Second',
      ProcessKey: 'PaymentRun',
      ProcessVersion: newest,
    });
    const error = await refusal(uipath.prepared(of('PaymentRun', oldest)));
    expect(error).toMatchObject({
      code: 'conflict',
      details: {
        ...notSent,
        members: {
          deployments: [stands('1047', 'Payment run', middle), { name: 'Second', version: newest }],
        },
      },
    });
    expect(String(error)).toContain(`1047 (Payment run, version ${middle})`);
  });

  test('is refused where a release of another package has the name', async () => {
    await uipath.call('PATCH', 'Releases(1001)', { Name: 'creditcheck' });
    const error = await refusal(uipath.prepared(of('CreditCheck', '1.0.0')));
    expect(error).toMatchObject({
      code: 'conflict',
      details: { ...notSent, members: { deployments: [{ id: '1001', name: 'creditcheck' }] } },
    });
    expect(String(error)).toContain('a release of SmokeTest');
  });

  test.each([
    ['Nothing', '1.0.0'],
    ['SmokeTest', '9.9.9'],
  ])('has to be there: %s %s', async (key, version) => {
    expect(await refusal(uipath.prepared(of(key, version)))).toMatchObject({
      code: 'not_found',
      details: notSent,
    });
  });

  test('whose answer is lost is found by the version of the release', async () => {
    const path = 'UpdateToSpecific';
    const unsent = await uipath.lost(of('PaymentRun', newest), { path, effect: false });
    expect(await uipath.look(unsent)).toEqual({ state: 'absent' });
    const sent = await uipath.lost(of('PaymentRun', newest), { path, effect: true });
    expect(await uipath.look(sent)).toEqual({ state: 'applied', receipt: { items: sent.items } });
    await uipath.call('PATCH', 'Releases(1047)', { ProcessVersion: oldest });
    expect(await uipath.look(sent)).toMatchObject({ state: 'undecided' });
    await uipath.call('DELETE', 'Releases(1047)');
    expect(await uipath.look(sent)).toMatchObject({ state: 'undecided' });
  });

  test('whose release was made without an answer is found by its name and version', async () => {
    const path = 'odata/Releases$';
    const request = of('CreditCheck', '1.0.0');
    const unsent = await uipath.lost(request, { path, effect: false });
    expect(await uipath.look(unsent)).toEqual({ state: 'absent' });
    const sent = await uipath.lost(request, { path, effect: true });
    const [made] = await uipath.deployments('CreditCheck');
    expect(await uipath.look(sent)).toMatchObject({
      state: 'applied',
      receipt: { items: [{ deployment: made?.id, version: '1.0.0', effect: 'deployed' }] },
    });
    await uipath.call('PATCH', `Releases(${made?.id ?? ''})`, { ProcessVersion: '1.1.0' });
    expect(await uipath.look(sent)).toMatchObject({ state: 'undecided' });
  });

  describe('no more', () => {
    test('has to be confirmed, and the releases are named', async () => {
      for (const confirm of [null, 'delete']) {
        const error = await refusal(uipath.prepared(of('SmokeTest', '1.0.0', false, confirm)));
        expect(error).toMatchObject({
          code: 'conflict',
          details: {
            ...notSent,
            members: { confirm: 'undeploy', stands: [stands('1001', 'Smoke test', '1.0.0')] },
          },
        });
        expect(String(error)).toContain('?confirm=undeploy');
        expect(uipath.writes()).toEqual([]);
      }
    });

    test('loses the releases that run it, and no others', async () => {
      for (const [Name, ProcessVersion] of [
        ['Second', middle],
        ['Third', newest],
      ])
        await uipath.call('POST', 'Releases', { Name, ProcessKey: 'PaymentRun', ProcessVersion });
      const prepared = await uipath.prepared(of('PaymentRun', middle, false, 'undeploy'));
      const { items } = await uipath.send(prepared);
      expect(items).toMatchObject([
        { name: 'Payment run', version: middle, effect: 'undeployed' },
        { name: 'Second', version: middle, effect: 'undeployed' },
      ]);
      const left = await uipath.deployments('PaymentRun');
      expect(left.map(({ name }) => name)).toEqual(['Third']);
    });

    test('is so already where nothing runs it', async () => {
      const prepared = await uipath.prepared(of('PaymentRun', oldest, false));
      expect(prepared.items).toMatchObject([{ version: oldest, effect: 'unchanged' }]);
      await uipath.send(prepared);
      expect(uipath.writes()).toEqual([]);
    });

    test('cannot be had where only other folders run it', async () => {
      const error = await refusal(uipath.prepared(of('BankStatementImport', '1.0.4', false)));
      expect(error).toMatchObject({ code: 'conflict', details: notSent });
      expect(String(error)).toContain('a folder that this connection does not see');
    });

    test('by half is found, and only the rest is sent again', async () => {
      await uipath.call('POST', 'Releases', {
        Name: 'Second',
        ProcessKey: 'SmokeTest',
        ProcessVersion: '1.0.0',
      });
      const prepared = await uipath.prepared(of('SmokeTest', '1.0.0', false, 'undeploy'));
      const second = prepared.items[1]?.deployment ?? '';
      const { faults } = uipath.asked.sandbox;
      faults.add({ method: 'DELETE', path: second, fault: { kind: 'reset' }, times: 1 });
      expect(await refusal(uipath.send(prepared))).toMatchObject({ details: { sent: 'maybe' } });
      expect(await uipath.look(prepared)).toMatchObject({
        state: 'partial',
        receipt: { items: [{ effect: 'undeployed' }, { effect: 'failed' }] },
      });
      uipath.asked.exchanges = [];
      expect(await uipath.send(prepared)).toEqual({ items: prepared.items });
      expect(uipath.writes()).toEqual([`DELETE /odata/Releases(${second})`]);
      expect(await uipath.deployments('SmokeTest')).toEqual([]);
    });

    test('is not taken for done where the folder cannot be read', async () => {
      const prepared = await uipath.prepared(of('SmokeTest', '1.0.0', false, 'undeploy'));
      const body = JSON.stringify({ message: 'Folder does not exist.', errorCode: 1100 });
      const fault = { kind: 'status', status: 404, body } as const;
      uipath.asked.sandbox.faults.add({ path: 'odata/Releases', fault });
      expect(await refusal(uipath.look(prepared))).toMatchObject({ code: 'upstream_rejected' });
      expect(await refusal(uipath.send(prepared))).toMatchObject({ code: 'upstream_rejected' });
    });
  });
});

describe('a process on UiPath', () => {
  const uipath = new ChangedUipath('lifecycle');
  const of = (
    key: string,
    patch: ProcessPatch,
    more: Partial<Pick<UpdateRequest, 'confirm' | 'ifMatch'>> = {},
  ): UpdateRequest => ({ key, patch, confirm: null, ifMatch: null, ...more });

  test('can be switched on and off, and nothing else', () => {
    expect(uipath.asked.part('lifecycle').fields).toEqual(['enabled']);
  });

  test('is switched on with its latest version', async () => {
    await uipath.send(await uipath.prepared(of('CreditCheck', { enabled: true })));
    await uipath.send(await uipath.prepared(of('PaymentRun', { enabled: true })));
    expect(uipath.effects()).toMatchObject([
      ['release.created', { name: 'CreditCheck', version: '1.13.0' }],
      ['release.moved', { id: 1047, version: newest }],
    ]);
    const again = await uipath.prepared(of('PaymentRun', { enabled: true }));
    expect(again.items).toMatchObject([{ deployment: '1047', effect: 'unchanged' }]);
  });

  test('is switched off by deleting its releases, once that is confirmed', async () => {
    await uipath.call('POST', 'Releases', {
      Name: 'Second',
      ProcessKey: 'PaymentRun',
      ProcessVersion: newest,
    });
    expect(await refusal(uipath.prepared(of('PaymentRun', { enabled: false })))).toMatchObject({
      code: 'conflict',
      details: { ...notSent, members: { confirm: 'undeploy', stands: [{}, {}] } },
    });
    const prepared = await uipath.prepared(
      of('PaymentRun', { enabled: false }, { confirm: 'undeploy' }),
    );
    const { items } = await uipath.send(prepared);
    expect(items).toMatchObject([
      { deployment: '1047', effect: 'undeployed' },
      { name: 'Second', effect: 'undeployed' },
    ]);
    expect(await uipath.deployments('PaymentRun')).toEqual([]);
    const again = await uipath.prepared(of('PaymentRun', { enabled: false }));
    expect(again.items).toMatchObject([{ deployment: null, effect: 'unchanged' }]);
  });

  test('is left alone when its latest version is another than was asked for', async () => {
    const request = of('PaymentRun', { enabled: true }, { ifMatch: middle });
    expect(await refusal(uipath.prepared(request))).toMatchObject({
      code: 'precondition_failed',
      details: notSent,
    });
    for (const ifMatch of ['*', newest])
      await uipath.prepared(of('PaymentRun', { enabled: true }, { ifMatch }));
  });

  test('has to be there, and something to be said', async () => {
    expect(await refusal(uipath.prepared(of('Nothing', { enabled: true })))).toMatchObject({
      code: 'not_found',
    });
    expect(await refusal(uipath.prepared(of('SmokeTest', {})))).toMatchObject({
      code: 'invalid_request',
      details: { ...notSent, errors: [{ at: 'enabled' }] },
    });
  });

  test('has no such switch without a folder', () => {
    const { parts } = uipath.asked.adapter({ folder: undefined });
    expect(Object.keys(parts)).toEqual(expect.arrayContaining(['versionDeletion', 'deletion']));
    for (const part of ['activation', 'lifecycle', 'deploying'])
      expect(Object.keys(parts)).not.toContain(part);
  });
});
