import { describe, expect, test } from '@jest/globals';
import { notSent, refusal } from './uipath.changes.testing.ts';
import { DeployedUipath, middle, newest, oldest, redeploy } from './uipath.deploying.testing.ts';

const functions = 'UiPath.Server.Configuration.OData';

describe('deployments on UiPath', () => {
  const uipath = new DeployedUipath();

  describe('are changed', () => {
    test('back to the version before, by the platform’s own rollback', async () => {
      const request = redeploy('PaymentRun', '1047', { version: 'previous' });
      const prepared = await uipath.prepared(request);
      expect(prepared.items).toMatchObject([{ version: oldest, effect: 'rolled_back' }]);
      expect(await uipath.send(prepared)).toEqual({ items: prepared.items });
      expect(uipath.writes()).toEqual([
        `POST /odata/Releases(1047)/${functions}.RollbackToPreviousReleaseVersion`,
      ]);
      expect((await uipath.deployment('1047', 'PaymentRun'))?.version).toBe(oldest);
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
      expect(await uipath.deployment('1047', 'PaymentRun')).toMatchObject({
        version: oldest,
        settings: { jobPriority: 'Low' },
      });
    });
  });
});
