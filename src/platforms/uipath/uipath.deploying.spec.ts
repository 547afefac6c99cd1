import { describe, expect, test } from '@jest/globals';
import type {
  DeploymentPatch,
  DeployRequest,
  RedeployRequest,
  UndeployRequest,
} from '../../domain/change.ts';
import { ChangedUipath, notSent, refusal } from './uipath.changes.testing.ts';

const oldest = '1.0.6981.35861';
const middle = '1.0.7012.9120';
const newest = '1.0.7012.11204';
const functions = 'UiPath.Server.Configuration.OData';

describe('deployments on UiPath', () => {
  const uipath = new ChangedUipath('deploying');

  const deploy = (key: string, more: Partial<DeployRequest> = {}): DeployRequest => ({
    op: 'deploy',
    key,
    version: 'latest',
    targets: [],
    name: null,
    description: null,
    activateTriggers: null,
    settings: null,
    variables: null,
    confirm: null,
    ...more,
  });
  const redeploy = (key: string, deployment: string, patch: DeploymentPatch): RedeployRequest => ({
    op: 'redeploy',
    key,
    deployment,
    patch,
    confirm: null,
  });
  const undeploy = (key: string, deployment: string): UndeployRequest => ({
    op: 'undeploy',
    key,
    deployment,
    confirm: null,
  });
  const at = async (id: string, key: string) =>
    (await uipath.deployments(key)).find((each) => each.id === id);
  /** The JSON that the last request of a method brought. */
  function sent(method: string): unknown {
    const last = uipath.asked.exchanges.findLast((each) => each.method === method);
    return JSON.parse(last?.requestBody?.toString() ?? 'null');
  }

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
      expect(sent('POST')).toEqual({
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
      expect(await at(items[0]?.deployment ?? '', 'SmokeTest')).toMatchObject({
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

  describe('are changed', () => {
    test('in what is said, by a PATCH that leaves the rest', async () => {
      const before = await at('1003', 'InvoiceIntake');
      expect(before?.settings).toMatchObject({ jobPriority: 'High' });
      const settings = { autoUpdate: true, inputArguments: { in_DryRun: true } };
      const patch = { description: 'New', settings };
      const prepared = await uipath.prepared(redeploy('InvoiceIntake', '1003', patch));
      expect(prepared.items).toMatchObject([{ deployment: '1003', effect: 'updated' }]);
      await uipath.send(prepared);
      expect(uipath.writes()).toEqual(['PATCH /odata/Releases(1003)']);
      expect(sent('PATCH')).toEqual({
        Description: 'New',
        AutoUpdate: true,
        InputArguments: '{"in_DryRun":true}',
      });
      const after = await at('1003', 'InvoiceIntake');
      expect(after).toMatchObject({ version: '1.0.2', name: 'Invoice intake', description: 'New' });
      expect(after?.settings).toEqual({ ...before?.settings, ...settings });
    });

    test('so that texts and arguments can be taken away', async () => {
      const patch = { description: 'New', settings: { inputArguments: { in_BatchSize: 1 } } };
      await uipath.send(await uipath.prepared(redeploy('SmokeTest', '1001', patch)));
      const away = { description: null, settings: { inputArguments: {} } };
      const prepared = await uipath.prepared(redeploy('SmokeTest', '1001', away));
      await uipath.send(prepared);
      expect(await at('1001', 'SmokeTest')).toMatchObject({
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
      const byKey = (await at('1047', 'PaymentRun'))?.nativeIds['key']?.toUpperCase() ?? '';
      await uipath.send(await uipath.prepared(redeploy('PaymentRun', byKey, { version: oldest })));
      expect(uipath.effects()).toMatchObject([
        ['release.moved', { id: 1047, version: newest }],
        ['release.moved', { id: 1047, version: oldest }],
      ]);
      expect(sent('POST')).toEqual({ packageVersion: oldest });
    });

    test('to another version and in its settings at once, by one request', async () => {
      const patch = { version: newest, settings: { jobPriority: 'Low' }, name: 'Renamed' };
      const prepared = await uipath.prepared(redeploy('PaymentRun', '1047', patch));
      expect(prepared.items).toMatchObject([
        { name: 'Renamed', version: newest, effect: 'deployed' },
      ]);
      await uipath.send(prepared);
      expect(uipath.writes()).toEqual(['PATCH /odata/Releases(1047)']);
      expect(await at('1047', 'PaymentRun')).toMatchObject({
        name: 'Renamed',
        version: newest,
        settings: { jobPriority: 'Low' },
      });
    });

    test('back to the version before, by the platform’s own rollback', async () => {
      const request = redeploy('PaymentRun', '1047', { version: 'previous' });
      const prepared = await uipath.prepared(request);
      expect(prepared.items).toMatchObject([{ version: oldest, effect: 'rolled_back' }]);
      expect(await uipath.send(prepared)).toEqual({ items: prepared.items });
      expect(uipath.writes()).toEqual([
        `POST /odata/Releases(1047)/${functions}.RollbackToPreviousReleaseVersion`,
      ]);
      expect((await at('1047', 'PaymentRun'))?.version).toBe(oldest);
      const error = await refusal(uipath.prepared(request));
      expect(error).toMatchObject({ code: 'conflict', details: notSent });
      expect(String(error)).toContain(`has run no version before ${oldest}`);
    });

    test('back to what came before the one that runs, where the platform keeps what came after', async () => {
      const versions = [oldest, middle, newest];
      const ReleaseVersions = versions.map((VersionNumber, at) => ({ Id: at + 1, VersionNumber }));
      const release = { Id: 1047, Key: 'k', ProcessKey: 'PaymentRun', ProcessVersion: middle };
      const history = { ...release, CurrentVersion: ReleaseVersions[1], ReleaseVersions };
      const fault = { kind: 'status', status: 200, body: JSON.stringify(history) } as const;
      uipath.asked.sandbox.faults.add({ path: 'Releases\\(1047\\)', fault });
      const request = redeploy('PaymentRun', '1047', { version: 'previous' });
      expect((await uipath.prepared(request)).items).toMatchObject([{ version: oldest }]);
    });

    test('back once only, however often it is sent', async () => {
      const request = redeploy('VendorMasterSync', '1015', { version: 'previous' });
      const prepared = await uipath.prepared(request);
      await uipath.send(prepared);
      expect(await uipath.send(prepared)).toMatchObject({ items: [{ version: '1.12.0' }] });
      expect(uipath.effects()).toHaveLength(1);
    });

    test('not back where somebody else has moved it meanwhile', async () => {
      const request = redeploy('VendorMasterSync', '1015', { version: 'previous' });
      const prepared = await uipath.prepared(request);
      await uipath.call('PATCH', 'Releases(1015)', { ProcessVersion: '1.3.0' });
      uipath.asked.exchanges = [];
      const error = await refusal(uipath.send(prepared));
      expect(error).toMatchObject({ code: 'conflict' });
      expect(String(error)).toContain('runs version 1.3.0 by now');
      expect(uipath.writes()).toEqual([]);
    });

    test('back, and tell where the platform really went', async () => {
      const request = redeploy('VendorMasterSync', '1015', { version: 'previous' });
      const prepared = await uipath.prepared(request);
      const { evidence } = prepared;
      const elsewhere = JSON.parse(
        JSON.stringify(evidence).replaceAll('1.12.0', '1.9.3'),
      ) as object;
      const { items } = await uipath.send({ ...prepared, evidence: { ...elsewhere } });
      const versionId = 'VendorMasterSync:1.12.0';
      expect(items).toMatchObject([{ version: '1.12.0', versionId, effect: 'rolled_back' }]);
    });

    test('back, and looked up where that cannot be read afterwards', async () => {
      const request = redeploy('VendorMasterSync', '1015', { version: 'previous' });
      const prepared = await uipath.prepared(request);
      const path = 'Rollback';
      uipath.asked.sandbox.faults.add({
        method: 'POST',
        path,
        fault: { kind: 'latency', ms: 300 },
      });
      uipath.asked.sandbox.forget();
      const sending = refusal(uipath.send(prepared));
      while (!uipath.asked.sandbox.requests().some((each) => each.includes(path)))
        await new Promise((done) => setTimeout(done, 5));
      const fault = { kind: 'status', status: 404 } as const;
      uipath.asked.sandbox.faults.add({ method: 'GET', path: 'Releases', fault });
      expect(await sending).toMatchObject({
        code: 'upstream_unavailable',
        details: { sent: 'maybe' },
      });
      uipath.asked.sandbox.faults.clear();
      expect(await uipath.look(prepared)).toEqual({
        state: 'applied',
        receipt: { items: prepared.items },
      });
    });

    test('back only to what is there', async () => {
      await uipath.call('DELETE', `Processes('PaymentRun:${oldest}')`);
      const request = redeploy('PaymentRun', '1047', { version: 'previous' });
      const error = await refusal(uipath.prepared(request));
      expect(error).toMatchObject({ code: 'conflict', details: notSent });
      expect(String(error)).toContain('has been deleted');
      const none = redeploy('SmokeTest', '1001', { version: 'previous' });
      expect(await refusal(uipath.prepared(none))).toMatchObject({ code: 'conflict' });
    });

    test('to a name that is free, or to its own in another case', async () => {
      const taken = redeploy('SmokeTest', '1001', { name: 'payment RUN' });
      expect(await refusal(uipath.prepared(taken))).toMatchObject({
        code: 'conflict',
        details: { ...notSent, members: { deployments: [{ id: '1047' }] } },
      });
      await uipath.send(await uipath.prepared(redeploy('SmokeTest', '1001', { name: 'SMOKE' })));
      await uipath.send(await uipath.prepared(redeploy('SmokeTest', '1001', { name: 'smoke' })));
      expect((await at('1001', 'SmokeTest'))?.name).toBe('smoke');
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

    test('back and in their settings: what is left is sent when the first was done', async () => {
      const patch = { version: 'previous', settings: { jobPriority: 'Low' } };
      const prepared = await uipath.prepared(redeploy('PaymentRun', '1047', patch));
      const { faults } = uipath.asked.sandbox;
      faults.add({ method: 'PATCH', fault: { kind: 'reset' }, times: 1 });
      expect(await refusal(uipath.send(prepared))).toMatchObject({ details: { sent: 'maybe' } });
      expect(await uipath.look(prepared)).toMatchObject({
        state: 'partial',
        receipt: { items: [{ effect: 'failed', problem: { code: 'upstream_unavailable' } }] },
      });
      uipath.asked.exchanges = [];
      expect(await uipath.send(prepared)).toEqual({ items: prepared.items });
      expect(uipath.writes()).toEqual(['PATCH /odata/Releases(1047)']);
      expect(await at('1047', 'PaymentRun')).toMatchObject({
        version: oldest,
        settings: { jobPriority: 'Low' },
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
