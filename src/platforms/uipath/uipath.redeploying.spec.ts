import { describe, expect, test } from '@jest/globals';
import { notSent, refusal } from './uipath.changes.testing.ts';
import { DeployedUipath, newest, oldest, redeploy } from './uipath.deploying.testing.ts';

describe('deployments on UiPath', () => {
  const uipath = new DeployedUipath();

  describe('are changed', () => {
    test('in what is said, by a PATCH that leaves the rest', async () => {
      const before = await uipath.deployment('1003', 'InvoiceIntake');
      expect(before?.settings).toMatchObject({ jobPriority: 'High' });
      const settings = { autoUpdate: true, inputArguments: { in_DryRun: true } };
      const patch = { description: 'New', settings };
      const prepared = await uipath.prepared(redeploy('InvoiceIntake', '1003', patch));
      expect(prepared.items).toMatchObject([{ deployment: '1003', effect: 'updated' }]);
      await uipath.send(prepared);
      expect(uipath.writes()).toEqual(['PATCH /odata/Releases(1003)']);
      expect(uipath.sent('PATCH')).toEqual({
        Description: 'New',
        AutoUpdate: true,
        InputArguments: '{"in_DryRun":true}',
      });
      const after = await uipath.deployment('1003', 'InvoiceIntake');
      expect(after).toMatchObject({ version: '1.0.2', name: 'Invoice intake', description: 'New' });
      expect(after?.settings).toEqual({ ...before?.settings, ...settings });
    });

    test('so that texts and arguments can be taken away', async () => {
      const patch = { description: 'New', settings: { inputArguments: { in_BatchSize: 1 } } };
      await uipath.send(await uipath.prepared(redeploy('SmokeTest', '1001', patch)));
      const away = { description: null, settings: { inputArguments: {} } };
      const prepared = await uipath.prepared(redeploy('SmokeTest', '1001', away));
      await uipath.send(prepared);
      expect(await uipath.deployment('1001', 'SmokeTest')).toMatchObject({
        description: null,
        settings: { inputArguments: {} },
      });
      const again = await uipath.prepared(redeploy('SmokeTest', '1001', away));
      expect(again.items).toMatchObject([{ effect: 'unchanged' }]);
    });

    test('not where all is so already, in whatever order arguments stand', async () => {
      const first = { settings: { inputArguments: { a: 1, b: { c: 2, d: 3 } } } };
      await uipath.send(await uipath.prepared(redeploy('SmokeTest', '1001', first)));
      const inputArguments = { b: { d: 3, c: 2 }, a: 1 };
      const settings = { inputArguments, jobPriority: 'Normal', specificPriority: null };
      const patch = { settings, version: 'latest', name: 'Smoke test', description: null };
      uipath.asked.exchanges = [];
      const prepared = await uipath.prepared(redeploy('SmokeTest', '1001', patch));
      expect(prepared.items).toMatchObject([{ deployment: '1001', effect: 'unchanged' }]);
      await uipath.send(prepared);
      expect(uipath.writes()).toEqual([]);
    });

    test('to another version, the latest or one by number', async () => {
      const latest = await uipath.prepared(redeploy('PaymentRun', '1047', { version: 'latest' }));
      expect(latest.items).toMatchObject([{ version: newest, effect: 'deployed' }]);
      await uipath.send(latest);
      const byKey =
        (await uipath.deployment('1047', 'PaymentRun'))?.nativeIds['key']?.toUpperCase() ?? '';
      await uipath.send(await uipath.prepared(redeploy('PaymentRun', byKey, { version: oldest })));
      expect(uipath.effects()).toMatchObject([
        ['release.moved', { id: 1047, version: newest }],
        ['release.moved', { id: 1047, version: oldest }],
      ]);
      expect(uipath.sent('POST')).toEqual({ packageVersion: oldest });
    });

    test('to another version and in its settings at once, by one request', async () => {
      const patch = { version: newest, settings: { jobPriority: 'Low' }, name: 'Renamed' };
      const prepared = await uipath.prepared(redeploy('PaymentRun', '1047', patch));
      expect(prepared.items).toMatchObject([
        { name: 'Renamed', version: newest, effect: 'deployed' },
      ]);
      await uipath.send(prepared);
      expect(uipath.writes()).toEqual(['PATCH /odata/Releases(1047)']);
      expect(await uipath.deployment('1047', 'PaymentRun')).toMatchObject({
        name: 'Renamed',
        version: newest,
        settings: { jobPriority: 'Low' },
      });
    });

    test('to a name that is free, or to its own in another case', async () => {
      const taken = redeploy('SmokeTest', '1001', { name: 'payment RUN' });
      expect(await refusal(uipath.prepared(taken))).toMatchObject({
        code: 'conflict',
        details: { ...notSent, members: { deployments: [{ id: '1047' }] } },
      });
      await uipath.send(await uipath.prepared(redeploy('SmokeTest', '1001', { name: 'SMOKE' })));
      await uipath.send(await uipath.prepared(redeploy('SmokeTest', '1001', { name: 'smoke' })));
      expect((await uipath.deployment('1001', 'SmokeTest'))?.name).toBe('smoke');
      const empty = redeploy('SmokeTest', '1001', { name: '' });
      expect(await refusal(uipath.prepared(empty))).toMatchObject({ code: 'invalid_request' });
    });

    test.each([
      ['SmokeTest', '1047', { name: 'x' }],
      ['SmokeTest', '9999', { name: 'x' }],
      ['SmokeTest', '*', { name: 'x' }],
      ['Nothing', '1001', { name: 'x' }],
      ['SmokeTest', '1001', { version: '3.0.0' }],
    ])('where they are: not %s %s by %j', async (key, id, patch) => {
      expect(await refusal(uipath.prepared(redeploy(key, id, patch)))).toMatchObject({
        code: 'not_found',
        details: notSent,
      });
    });

    test.each([
      [{ settings: { autoUpdate: true }, description: 'New' }, 'Releases\\(1047\\)$'],
      [{ version: newest }, 'UpdateToSpecific'],
      [{ version: newest, name: 'New' }, 'Releases\\(1047\\)$'],
      [{ version: 'previous' }, 'Rollback'],
    ])('and found so, or as they were, when the answer is lost: %j', async (patch, path) => {
      const request = redeploy('PaymentRun', '1047', patch);
      const unsent = await uipath.lost(request, { path, effect: false });
      expect(await uipath.look(unsent)).toEqual({ state: 'absent' });
      const lost = await uipath.lost(request, { path, effect: true });
      expect(await uipath.look(lost)).toEqual({ state: 'applied', receipt: { items: lost.items } });
      expect(uipath.effects()).toHaveLength(1);
      await uipath.call('DELETE', 'Releases(1047)');
      expect(await uipath.look(lost)).toMatchObject({ state: 'undecided' });
    });

    test('and in doubt where somebody else has changed the same', async () => {
      const request = redeploy('PaymentRun', '1047', { description: 'Mine' });
      const unsent = await uipath.lost(request, { path: 'Releases', effect: false });
      await uipath.call('PATCH', 'Releases(1047)', { AutoUpdate: true });
      expect(await uipath.look(unsent)).toEqual({ state: 'absent' });
      await uipath.call('PATCH', 'Releases(1047)', { Description: 'Other' });
      expect(await uipath.look(unsent)).toMatchObject({ state: 'undecided' });
    });

    test('and remembered without the arguments that they had', async () => {
      const secret = { inputArguments: { in_Password: 'hunter2' } };
      await uipath.send(await uipath.prepared(redeploy('SmokeTest', '1001', { settings: secret })));
      const settings = { inputArguments: { in_Password: 'other' } };
      const prepared = await uipath.prepared(redeploy('SmokeTest', '1001', { settings }));
      expect(JSON.stringify(prepared)).not.toContain('hunter2');
      expect(JSON.stringify(prepared)).not.toContain('sandbox-token');
    });
  });
});
