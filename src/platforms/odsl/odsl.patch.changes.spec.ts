import { describe, expect, test } from '@jest/globals';
import type { PreparedChange, ProcessPatch } from '../../domain/change.ts';
import { ChangedOdsl, refused } from './odsl.changes.testing.ts';

describe('members of a process of OpenDataDSL', () => {
  const odsl = new ChangedOdsl('lifecycle');
  const patch = (
    members: ProcessPatch,
    more: { key?: string; ifMatch?: string } = {},
  ): Promise<PreparedChange> => odsl.prepare({ key: 'FX', patch: members, ifMatch: null, ...more });

  test('are changed in one save, and everything else stays', async () => {
    const secret = { input: { password: 'hunter2' }, calendar: 'TARGET', tags: ['a'] };
    await odsl.others('POST', '', {
      _id: 'FX',
      name: 'F/X',
      script: 'Fx',
      enabled: true,
      ...secret,
    });
    const prepared = await patch({ enabled: false, description: 'new' });
    const item = { process: 'FX', name: 'F/X', effect: 'updated' };
    expect(prepared.items).toMatchObject([{ ...item, version: null }]);
    expect(JSON.stringify(prepared)).not.toContain('hunter2');
    expect(await odsl.send(prepared)).toMatchObject({ items: [{ ...item, version: '2' }] });
    expect(odsl.writes()).toEqual(['POST /api/process/v1?_reason=MARK']);
    expect(await odsl.shown('/FX')).toMatchObject({
      name: 'F/X',
      script: 'Fx',
      enabled: false,
      description: 'new',
      ...secret,
    });
  });

  test('can be taken away', async () => {
    await odsl.history(1);
    await odsl.send(await patch({ description: null }));
    expect(Object.keys((await odsl.shown('/FX')) ?? {})).not.toContain('description');
  });

  test.each([{}, { description: 'v1' }, { key: 'FX' }, { key: 'FX', description: 'v1' }])(
    'that stand so already are left alone: %j',
    async (members) => {
      await odsl.history(1);
      const prepared = await patch(members);
      expect(prepared.items).toMatchObject([{ process: 'FX', effect: 'unchanged', version: '1' }]);
      await odsl.send(prepared);
      expect(odsl.writes()).toEqual([]);
    },
  );

  test('include the key: the process is another then, with all its versions', async () => {
    await odsl.history(2);
    const prepared = await patch({ key: 'G X' });
    const item = { process: 'G%20X', name: 'FX', effect: 'renamed' };
    expect(prepared.items).toMatchObject([item]);
    const receipt = { items: [{ ...item, version: null, problem: null }] };
    expect(await odsl.send(prepared)).toMatchObject(receipt);
    expect(odsl.writes()).toEqual(['PUT /api/process/v1/FX']);
    expect(await odsl.shown('/FX')).toBeNull();
    expect(await odsl.versions('G%20X')).toEqual(['2', '1']);
  });

  test('are changed under the new key where that is another', async () => {
    await odsl.history(1);
    const prepared = await patch({ key: 'GX', enabled: false, description: 'v1' });
    const items = [
      { process: 'GX', effect: 'renamed' },
      { process: 'GX', effect: 'updated' },
    ];
    expect(prepared.items).toMatchObject(items);
    expect(await odsl.send(prepared)).toMatchObject({ items });
    expect(await odsl.shown('/GX')).toMatchObject({ enabled: false });
    expect(await odsl.shown('/FX')).toBeNull();
  });

  test('of no process are not changed', async () => {
    const gone = { code: 'not_found', details: refused };
    await expect(patch({ enabled: false })).rejects.toMatchObject(gone);
    await expect(patch({ enabled: false }, { key: '%2A' })).rejects.toMatchObject(gone);
  });

  test('wait for the version that is asked for', async () => {
    await odsl.history(2);
    const lost = { code: 'precondition_failed', details: refused };
    await expect(patch({ enabled: false }, { ifMatch: '1' })).rejects.toMatchObject(lost);
    for (const members of [{ enabled: false }, { key: 'GX' }]) {
      const ifMatch = (await odsl.versions())[0] ?? '';
      const prepared = await patch(members, { ifMatch });
      await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: `after ${ifMatch}` });
      await expect(odsl.send(prepared)).rejects.toMatchObject({ code: 'precondition_failed' });
    }
    expect(odsl.writes()).toEqual([]);
    const all = { enabled: false, description: 'both', key: 'GX' };
    const prepared = await patch(all, { ifMatch: '4' });
    await odsl.send(prepared);
    expect(await odsl.shown('/GX')).toMatchObject({ enabled: false, description: 'both' });
  });

  test('take no key that another process has', async () => {
    await odsl.history(1);
    const taken = { code: 'conflict', details: refused };
    await expect(patch({ key: 'SMOKE_TEST' })).rejects.toMatchObject(taken);
    // Whatever `If-Match` says: a name is no matter of the version.
    const prepared = await patch({ key: 'GX' }, { ifMatch: '1' });
    await odsl.others('POST', '', { _id: 'GX', script: 'other' });
    await expect(odsl.send(prepared)).rejects.toMatchObject({ code: 'conflict' });
    expect(await odsl.shown('/GX')).toMatchObject({ script: 'other' });
    expect(await odsl.versions()).toEqual(['1']);
  });

  test.each(['*', '~LATEST', 'a/b', '..', '', ' FX', 'x'.repeat(201), 'a\u0000'])(
    'take no key that could be taken for something else: %j',
    async (key) => {
      await odsl.history(1);
      await expect(patch({ key })).rejects.toMatchObject({
        code: 'invalid_request',
        details: { ...refused, errors: [{ at: 'key' }] },
      });
    },
  );

  test.each([{ enabled: false }, { key: 'GX' }])(
    'are found when the answer is lost: %j',
    async (members) => {
      await odsl.history(1);
      const { key, ...rest } = { key: 'FX', ...members };
      const prepared = await patch(members);
      expect(await odsl.lose(prepared, 'resetAfterEffect')).toMatchObject({
        state: 'applied',
        receipt: { items: [{ process: key, version: key === 'GX' ? '1' : '2' }] },
      });
      expect(await odsl.shown(`/${key}`)).toMatchObject(rest);
    },
  );

  test.each([{ enabled: false }, { key: 'GX' }, { key: 'GX', enabled: false }])(
    'are absent when they never arrived: %j',
    async (members) => {
      await odsl.history(1);
      const prepared = await patch(members);
      expect(await odsl.lose(prepared, 'reset')).toEqual({ state: 'absent' });
      await odsl.send(prepared);
      expect(odsl.effects().slice(1)).toHaveLength(Object.keys(members).length);
    },
  );

  test('of which some are changed are gone on with', async () => {
    await odsl.history(1);
    const prepared = await patch({ key: 'GX', enabled: false, description: 'new' });
    odsl.sandbox.faults.add({ method: 'POST', times: 1, fault: { kind: 'reset' } });
    await expect(odsl.send(prepared)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    expect(await odsl.reconcile(prepared)).toMatchObject({
      state: 'partial',
      receipt: {
        items: [
          { process: 'GX', effect: 'renamed' },
          { process: 'GX', effect: 'failed', problem: { code: 'upstream_unavailable' } },
        ],
      },
    });
    odsl.exchanges = [];
    await odsl.send(prepared);
    expect(odsl.writes()).toHaveLength(1);
    expect(odsl.effects()).toEqual(['process.saved FX', 'process.renamed FX', 'process.saved GX']);
    expect(await odsl.shown('/GX')).toMatchObject({ enabled: false, description: 'new' });
    expect(await odsl.reconcile(prepared)).toMatchObject({ state: 'applied' });
  });

  test('of which the second is refused are changed in part', async () => {
    await odsl.history(1);
    const prepared = await patch({ key: 'GX', enabled: false });
    const headers = { 'x-odsl-error': '[5005] Update Error: no' };
    const fault = { kind: 'status', status: 400, headers } as const;
    odsl.sandbox.faults.add({ method: 'POST', times: 1, fault });
    const problem = { code: 'upstream_rejected' };
    expect(await odsl.send(prepared)).toMatchObject({
      items: [{ effect: 'renamed' }, { effect: 'failed', problem }],
    });
    expect(await odsl.reconcile(prepared)).toMatchObject({ state: 'partial' });
    await odsl.send(prepared);
    expect(await odsl.shown('/GX')).toMatchObject({ enabled: false });
  });

  test('include no name of which another process would be made', async () => {
    await odsl.history(1);
    for (const members of [{ name: 'GX' }, { name: 'GX', key: 'HX' }])
      await expect(patch(members)).rejects.toMatchObject({
        code: 'upstream_rejected',
        message: expect.stringContaining('second one'),
        details: { ...refused, errors: [{ at: 'name' }] },
      });
    expect((await patch({ name: 'FX' })).items).toMatchObject([{ effect: 'unchanged' }]);
    // Under its new key it is filed by that, where it is called so as well.
    const prepared = await patch({ name: 'HX', key: 'HX' });
    const items = [{ effect: 'renamed' }, { effect: 'updated', name: 'HX' }];
    expect(await odsl.send(prepared)).toMatchObject({ items });
    expect(await odsl.shown('/HX')).toMatchObject({ name: 'HX' });
  });

  test('a rename that is refused because it was done is done', async () => {
    await odsl.history(1);
    const prepared = await patch({ key: 'GX' });
    // It is looked at before, and then done by an earlier try that was slow.
    const before = JSON.stringify(await odsl.shown('/FX'));
    await odsl.others('PUT', '/FX', { _id: 'GX' });
    const shown = { kind: 'status', status: 200, body: before } as const;
    odsl.sandbox.faults.add({ path: 'v1/FX$', method: 'GET', times: 1, fault: shown });
    odsl.sandbox.faults.add({ path: 'v1/GX$', times: 1, fault: { kind: 'status', status: 404 } });
    const items = [{ process: 'GX', effect: 'renamed', version: '1' }];
    expect(await odsl.send(prepared)).toMatchObject({ items });
    expect(odsl.writes()).toHaveLength(1);
  });

  test('are in doubt where a rename met others', async () => {
    await odsl.history(1);
    const prepared = await patch({ key: 'GX' });
    await odsl.others('POST', '', { _id: 'GX', script: 'other' });
    expect(await odsl.reconcile(prepared)).toMatchObject({
      state: 'undecided',
      why: expect.stringContaining('both FX and GX'),
    });
    await odsl.others('DELETE', '/FX/*');
    await odsl.others('DELETE', '/GX/*');
    expect(await odsl.reconcile(prepared)).toMatchObject({
      state: 'undecided',
      why: expect.stringContaining('neither FX nor GX'),
    });
  });

  test('that are saved where the platform does not show it have failed', async () => {
    await odsl.history(1);
    const prepared = await patch({ enabled: false });
    for (const body of ['{"_id":"GX","_version":1}', 'OK']) {
      const fault = { kind: 'status', status: 200, body } as const;
      odsl.sandbox.faults.add({ method: 'POST', times: 1, fault });
      const detail = expect.stringMatching(body === 'OK' ? /this, but .* in FX/ : /as GX, but/);
      const problem = { code: 'upstream_contract', detail };
      const items = [{ effect: 'failed', version: null, problem }];
      expect(await odsl.send(prepared)).toMatchObject({ items });
    }
  });

  test('of a process that is gone by then are refused', async () => {
    await odsl.history(1);
    const prepared = await patch({ enabled: false });
    await odsl.others('DELETE', '/FX/*');
    await expect(odsl.send(prepared)).rejects.toMatchObject({ code: 'conflict' });
    expect(odsl.writes()).toEqual([]);
  });
});
