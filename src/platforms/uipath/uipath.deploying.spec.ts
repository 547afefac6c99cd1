import { describe, expect, test } from '@jest/globals';
import type { DeployRequest } from '../../domain/change.ts';
import { notSent, refusal } from './uipath.changes.testing.ts';
import { deploy, DeployedUipath, middle, undeploy } from './uipath.deploying.testing.ts';

describe('deployments on UiPath', () => {
  const uipath = new DeployedUipath();

  test('can be changed in these members', () => {
    expect(uipath.asked.part('deploying').fields).toEqual([
      'version',
      'name',
      'description',
      'settings',
    ]);
  });

  describe('are made', () => {
    test('of the latest version, called as the package, where nothing else is said', async () => {
      const prepared = await uipath.prepared(deploy('CreditCheck'));
      expect(uipath.effects()).toEqual([]);
      const { items } = await uipath.send(prepared);
      expect(uipath.writes()).toEqual(['POST /odata/Releases']);
      expect(uipath.sent('POST')).toEqual({
        Name: 'CreditCheck',
        ProcessKey: 'CreditCheck',
        ProcessVersion: '1.13.0',
      });
      const [made] = await uipath.deployments('CreditCheck');
      expect(items).toEqual([
        {
          process: 'CreditCheck',
          name: 'CreditCheck',
          version: '1.13.0',
          versionId: 'CreditCheck:1.13.0',
          deployment: made?.id,
          effect: 'deployed',
          problem: null,
        },
      ]);
    });

    test('with a name, a description and settings, in the folder by its number', async () => {
      const settings = {
        jobPriority: 'High',
        specificPriority: 70,
        autoUpdate: true,
        inputArguments: { in_BatchSize: 5 },
        entryPointPath: 'Main.xaml',
      };
      const request = deploy('SmokeTest', {
        version: '1.0',
        name: 'Nightly',
        description: 'Runs at night',
        targets: ['101'],
        settings,
        activateTriggers: false,
      });
      const { items } = await uipath.send(await uipath.prepared(request));
      expect(await uipath.deployment(items[0]?.deployment ?? '', 'SmokeTest')).toMatchObject({
        name: 'Nightly',
        description: 'Runs at night',
        version: '1.0.0',
        settings,
      });
    });

    test('once of a name, in whatever case', async () => {
      for (const name of ['Smoke test', 'SMOKE TEST']) {
        const error = await refusal(uipath.prepared(deploy('CreditCheck', { name })));
        expect(error).toMatchObject({
          code: 'conflict',
          details: { ...notSent, members: { deployments: [{ id: '1001' }] } },
        });
      }
      const settings = { jobPriority: 'High' };
      const prepared = await uipath.prepared(deploy('CreditCheck', { settings }));
      const other = await uipath.prepared(deploy('CreditCheck'));
      await uipath.send(other);
      expect(await refusal(uipath.send(prepared))).toMatchObject({
        details: { upstream: { status: 409, code: '1001' } },
      });
      expect(uipath.effects()).toHaveLength(1);
    });

    test('once, and told as made where an earlier request of it has arrived after all', async () => {
      const prepared = await uipath.prepared(deploy('CreditCheck'));
      const { items } = await uipath.send(prepared);
      expect(items[0]?.deployment).not.toBeNull();
      expect(await uipath.send(prepared)).toEqual({ items });
      expect(uipath.effects()).toHaveLength(1);
    });

    test('or in doubt, where nobody can be asked who has taken the name', async () => {
      const prepared = await uipath.prepared(deploy('CreditCheck'));
      await uipath.send(prepared);
      const fault = { kind: 'status', status: 403 } as const;
      uipath.asked.sandbox.faults.add({ method: 'GET', path: 'odata/Releases', fault });
      const error = await refusal(uipath.send(prepared));
      uipath.asked.sandbox.faults.clear();
      expect(error).toMatchObject({ code: 'upstream_unavailable', details: { sent: 'maybe' } });
      expect(error).not.toMatchObject({ details: { upstream: expect.anything() } });
    });

    test('in the connection’s folder only', async () => {
      for (const targets of [['102'], ['999'], ['101', '102']]) {
        const place = targets.length === 1 ? 'target' : 'targets';
        const error = await refusal(uipath.prepared(deploy('CreditCheck', { targets })));
        expect(error).toMatchObject({
          code: 'invalid_request',
          details: { ...notSent, errors: [{ at: place }] },
        });
      }
    });

    test.each<[at: string, more: Partial<DeployRequest>]>([
      ['settings.jobPriority', { settings: { jobPriority: 'Highest' } }],
      ['settings.specificPriority', { settings: { specificPriority: 101 } }],
      ['settings.autoUpdate', { settings: { autoUpdate: 'yes' } }],
      ['settings.inputArguments', { settings: { inputArguments: '{}' } }],
      ['settings.inputArguments', { settings: { inputArguments: { a: 'x'.repeat(10_000) } } }],
      ['settings.inputArguments', { settings: { inputArguments: { in_Password: '[redacted]' } } }],
      ['settings.entryPointPath', { settings: { entryPointPath: '' } }],
      ['settings.processType', { settings: { processType: 'Agent' } }],
      ['settings.maxConcurrentJobs', { settings: { maxConcurrentJobs: 3 } }],
      ['name', { name: ' ' }],
      ['activateTriggers', { activateTriggers: true }],
      ['variables', { variables: { a: 1 } }],
    ])('not with these %s', async (place, more) => {
      const error = await refusal(uipath.prepared(deploy('CreditCheck', more)));
      expect(error).toMatchObject({
        code: 'invalid_request',
        details: { ...notSent, errors: [{ at: place }] },
      });
      expect(uipath.asked.exchanges).toEqual([]);
    });

    test('not of what is not there', async () => {
      for (const request of [deploy('Nothing'), deploy('SmokeTest', { version: '7.0.0' })])
        expect(await refusal(uipath.prepared(request))).toMatchObject({
          code: 'not_found',
          details: notSent,
        });
    });

    test('and found by name and version when the answer is lost', async () => {
      const path = 'odata/Releases$';
      const request = deploy('CreditCheck', { name: 'O’Brien\'s "check"', version: '1.1.0' });
      const unsent = await uipath.lost(request, { path, effect: false });
      expect(await uipath.look(unsent)).toEqual({ state: 'absent' });
      const lost = await uipath.lost(request, { path, effect: true });
      const [made] = await uipath.deployments('CreditCheck');
      expect(await uipath.look(lost)).toMatchObject({
        state: 'applied',
        receipt: { items: [{ deployment: made?.id, version: '1.1.0' }] },
      });
    });

    test('and not taken for those of others that took the name', async () => {
      const path = 'odata/Releases$';
      const request = deploy('CreditCheck', { name: 'Mine', version: '1.0.0' });
      const unsent = await uipath.lost(request, { path, effect: false });
      await uipath.call('POST', 'Releases', {
        Name: 'Mine',
        ProcessKey: 'SmokeTest',
        ProcessVersion: '1.0.0',
      });
      expect(await uipath.look(unsent)).toMatchObject({ state: 'undecided' });
    });

    test('and not taken for those of others that say something else', async () => {
      const path = 'odata/Releases$';
      const settings = { inputArguments: { in_BatchSize: 5 } };
      const request = deploy('CreditCheck', { version: '1.1.0', settings });
      const unsent = await uipath.lost(request, { path, effect: false });
      await uipath.call('POST', 'Releases', {
        Name: 'CreditCheck',
        ProcessKey: 'CreditCheck',
        ProcessVersion: '1.1.0',
      });
      expect(await uipath.look(unsent)).toMatchObject({
        state: 'undecided',
        why: expect.stringContaining('InputArguments'),
      });
    });

    test('and looked up when the answer cannot be read', async () => {
      const prepared = await uipath.prepared(deploy('CreditCheck'));
      const fault = { kind: 'status', status: 201, body: '{"Id":"seven"}' } as const;
      uipath.asked.sandbox.faults.add({ method: 'POST', fault });
      expect(await refusal(uipath.send(prepared))).toMatchObject({
        code: 'upstream_contract',
        details: { sent: 'maybe' },
      });
    });
  });

  describe('are deleted', () => {
    test('by number or key, each once', async () => {
      const prepared = await uipath.prepared(undeploy('PaymentRun', '1047'));
      expect(prepared.items).toMatchObject([
        { name: 'Payment run', version: middle, deployment: '1047', effect: 'undeployed' },
      ]);
      expect(await uipath.send(prepared)).toEqual({ items: prepared.items });
      expect(uipath.writes()).toEqual(['DELETE /odata/Releases(1047)']);
      expect(uipath.effects()).toMatchObject([['release.deleted', { id: 1047 }]]);
      expect(await uipath.deployments('PaymentRun')).toEqual([]);
      expect(await uipath.send(prepared)).toEqual({ items: prepared.items });
      expect(uipath.effects()).toHaveLength(1);
    });

    test('only where they stand', async () => {
      const error = await refusal(uipath.prepared(undeploy('SmokeTest', '1047')));
      expect(error).toMatchObject({ code: 'not_found', details: notSent });
      expect(String(error)).toContain('there is 1001 (Smoke test, version 1.0.0)');
      // It stands in another folder.
      expect(await refusal(uipath.prepared(undeploy('PaymentRun', '1050')))).toMatchObject({
        code: 'not_found',
      });
    });

    test('and found gone, or still there, when the answer is lost', async () => {
      const request = undeploy('SmokeTest', '1001');
      const path = 'Releases';
      const unsent = await uipath.lost(request, { path, effect: false });
      expect(await uipath.look(unsent)).toEqual({ state: 'absent' });
      const lost = await uipath.lost(request, { path, effect: true });
      expect(await uipath.look(lost)).toEqual({ state: 'applied', receipt: { items: lost.items } });
    });
  });
});
