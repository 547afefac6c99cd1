import { describe, expect, test } from '@jest/globals';
import type { PreparedChange } from '../../domain/change.ts';
import type { Native } from '../../domain/native.ts';
import { ChangedOdsl, refused } from './odsl.changes.testing.ts';

describe('the configuration of a process of OpenDataDSL', () => {
  const odsl = new ChangedOdsl('configuration');
  const put = (
    configuration: Native,
    key = 'FX',
    more: { ifMatch?: string } = {},
  ): Promise<PreparedChange> => odsl.prepare({ key, configuration, ifMatch: null, ...more });
  const effects = (): string[] => odsl.effects();
  const content = async (): Promise<Native> => {
    const { _timestamp, _oid, _user, ...rest } = (await odsl.shown('/FX')) ?? {};
    expect([_timestamp, _oid, _user]).toHaveLength(3);
    return rest;
  };

  test('is made once, under its key, and its version is told', async () => {
    const prepared = await put({ script: 'Fx', input: { days: 3 }, calendar: 'TARGET' });
    const item = { process: 'FX', name: 'FX', effect: 'created', problem: null };
    expect(prepared.items).toMatchObject([{ ...item, version: null }]);
    expect(effects()).toEqual([]);
    expect(await odsl.send(prepared)).toMatchObject({ items: [{ ...item, version: '1' }] });
    expect(effects()).toEqual(['process.saved FX']);
    expect(odsl.writes()).toEqual(['POST /api/process/v1?_reason=MARK']);
    expect(await content()).toEqual({
      _id: 'FX',
      _type: 'VarProcess',
      _version: 1,
      name: 'FX',
      script: 'Fx',
      input: { days: 3 },
      calendar: 'TARGET',
    });
  });

  test('is replaced: what the platform documents goes, what it does not document stays', async () => {
    await odsl.others('POST', '', {
      _id: 'FX',
      name: 'FX',
      service: 'ETL',
      workflow: '#wf',
      cron: '25 12 ? * * *',
      enabled: false,
      tags: ['a'],
      calendar: 'TARGET',
      job: 'prod_node',
    });
    const prepared = await put({ script: 'Fx', job: null, _version: 77, _user: 'me', _tag: ['X'] });
    const receipt = await odsl.send(prepared);
    expect(receipt).toMatchObject({
      items: [{ effect: 'updated', version: '2', versionId: 'FX' }],
    });
    const kept = { enabled: false, calendar: 'TARGET' };
    expect(await content()).toEqual({
      _id: 'FX',
      _type: 'VarProcess',
      _version: 2,
      name: 'FX',
      script: 'Fx',
      ...kept,
    });
  });

  test('is merged with what stands when it leaves', async () => {
    await odsl.history(1);
    const prepared = await put({ script: 'Fx2' });
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Fx', calendar: 'TARGET' });
    await odsl.send(prepared);
    expect(await content()).toMatchObject({ _version: 3, script: 'Fx2', calendar: 'TARGET' });
  });

  test('that stands so already is left alone, whatever is empty in it', async () => {
    await odsl.history(1);
    const same = { script: 'Fx', description: 'v1', tags: [], cron: '', name: null };
    const prepared = await put(same);
    expect(prepared.items).toMatchObject([{ effect: 'unchanged', version: '1' }]);
    await odsl.send(prepared);
    expect(odsl.writes()).toEqual([]);
    expect(await odsl.reconcile(prepared)).toMatchObject({ state: 'applied' });
  });

  test('keeps the secrets that callers are not shown, and those are not stored here', async () => {
    const servers = [
      { host: 'a', password: 'one' },
      { host: 'b', password: 'two' },
    ];
    const input = { password: 'hunter2', servers, pin: true };
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Fx', input });
    const hidden = '[redacted]';
    const shown = {
      password: hidden,
      servers: servers.map(({ host }) => ({ host, password: hidden })),
    };
    const same = await put({ script: 'Fx', input: { ...shown, pin: true } });
    expect(same.items).toMatchObject([{ effect: 'unchanged' }]);
    const prepared = await put({
      script: 'Fx2',
      input: { ...shown, servers: shown.servers.toReversed() },
    });
    expect(JSON.stringify(prepared)).not.toMatch(/hunter2|"one"|"two"/);
    await odsl.send(prepared);
    expect(await content()).toMatchObject({
      script: 'Fx2',
      input: { password: 'hunter2', servers: servers.toReversed() },
    });
  });

  test('keeps the secrets of elements that are shown alike, or says that it cannot tell them', async () => {
    const [one, two, other] = [{ password: 'one' }, { password: 'two' }, { host: 'a' }];
    const input = { servers: [one, other, two] };
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Fx', input });
    const hidden = { password: '[redacted]' };
    for (const more of [[], [{ password: 'three' }], [hidden, hidden]])
      await expect(put({ input: { servers: [other, hidden, ...more] } })).rejects.toMatchObject({
        code: 'invalid_request',
        details: {
          ...refused,
          errors: expect.arrayContaining([expect.objectContaining({ at: 'input.servers[1]' })]),
        },
      });
    await odsl.send(await put({ input: { servers: [other, hidden, hidden] } }));
    expect(await content()).toMatchObject({ input: { servers: [other, one, two] } });
  });

  test.each([
    ['another key', { _id: 'GX' }, '_id'],
    ['another type', { _type: '#Setting' }, '_type'],
    ['a script and a workflow', { script: 'Fx', workflow: '#wf' }, 'workflow'],
    ['labels that are none', { tags: 'a' }, 'tags'],
    ['a label that is none', { tags: ['a', 1] }, 'tags[1]'],
    ['an input that is none', { input: [1] }, 'input'],
    ['a switch that is none', { enabled: 'yes' }, 'enabled'],
    [
      'more than can be shown',
      JSON.parse(`{"input": ${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`) as Native,
      'input',
    ],
    ['a secret that is none', { input: { a: [{ key: '[redacted]' }] } }, 'input.a[0].key'],
  ])('with %s is refused, and the field is named', async (_, configuration, at) => {
    await expect(put(configuration)).rejects.toMatchObject({
      code: 'invalid_request',
      details: { ...refused, errors: [{ at, message: expect.stringMatching(/^must /) }] },
    });
  });

  test.each(['%2A', 'a%2F%2A', '~LATEST', '..', 'a:b'])(
    'under the key %s is that of no process, and nothing is asked',
    async (key) => {
      const gone = { code: 'not_found', details: refused };
      await expect(put({ script: 'Fx' }, key)).rejects.toMatchObject(gone);
      expect(odsl.exchanges).toEqual([]);
    },
  );

  test.each(['finance%2Ffx', 'finance%5Cfx', '%20', 'x'.repeat(300), 'a%0Ab'])(
    'cannot be made under the key %s',
    async (key) => {
      await expect(put({ script: 'Fx' }, key)).rejects.toMatchObject({
        code: 'invalid_request',
        details: { ...refused, errors: [{ at: 'id' }] },
      });
    },
  );

  test('of which a name would make another process is refused', async () => {
    const refusal = {
      code: 'upstream_rejected',
      message: expect.stringContaining('second one'),
      details: { ...refused, errors: [{ at: 'name' }] },
    };
    await odsl.history(1);
    await expect(put({ script: 'Fx', name: 'GX' })).rejects.toMatchObject(refusal);
    const other = { ...refusal, message: expect.stringContaining('not this one') };
    await expect(put({ script: 'Fx', name: 'GX' }, 'HX')).rejects.toMatchObject(other);
    expect(await odsl.shown('/GX')).toBeNull();
    // The name that it has may be another than its key.
    const prepared = await put({ script: 'Fx', name: 'Smoke test' }, 'SMOKE_TEST');
    expect(prepared.items).toMatchObject([{ effect: 'updated', name: 'Smoke test' }]);
  });

  test('waits for the version that is asked for', async () => {
    const lost = { code: 'precondition_failed', details: refused };
    await expect(put({ script: 'A' }, 'FX', { ifMatch: '*' })).rejects.toMatchObject(lost);
    await odsl.history(2);
    await expect(put({ script: 'A' }, 'FX', { ifMatch: '1' })).rejects.toMatchObject(lost);
    await odsl.send(await put({ script: 'A' }, 'FX', { ifMatch: '*' }));
    const prepared = await put({ script: 'B' }, 'FX', { ifMatch: '3' });
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'C' });
    await expect(odsl.send(prepared)).rejects.toMatchObject({
      code: 'precondition_failed',
      details: { outcome: 'rejected' },
      message: expect.stringContaining('is 4 by now') as unknown,
    });
    expect(await content()).toMatchObject({ script: 'C', _version: 4 });
    await odsl.send(await put({ script: 'B' }, 'FX', { ifMatch: '4' }));
    expect(await content()).toMatchObject({ script: 'B', _version: 5 });
  });

  test.each([0, 2])('whose answer is lost is found, after %i versions', async (before) => {
    await odsl.history(before);
    const prepared = await put({ script: 'New' });
    expect(await odsl.lose(prepared, 'resetAfterEffect')).toMatchObject({
      state: 'applied',
      receipt: { items: [{ version: String(before + 1), versionId: 'FX' }] },
    });
  });

  test.each([0, 2])('that never arrived is absent, after %i versions', async (before) => {
    await odsl.history(before);
    const prepared = await put({ script: 'New' });
    expect(await odsl.lose(prepared, 'reset')).toEqual({ state: 'absent' });
    expect(await odsl.versions()).toHaveLength(before);
    await odsl.send(prepared);
    expect(await content()).toMatchObject({ _version: before + 1 });
  });

  test('whose answer is lost is found below what others have saved since', async () => {
    await odsl.history(1);
    const prepared = await put({ script: 'New' });
    await odsl.lose(prepared, 'resetAfterEffect');
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Newer' });
    expect(await odsl.reconcile(prepared)).toMatchObject({
      state: 'applied',
      receipt: { items: [{ version: '2' }] },
    });
  });

  test('that never arrived is absent though others have saved another, whatever the audit trail answers', async () => {
    await odsl.history(1);
    const prepared = await put({ script: 'New' });
    await odsl.lose(prepared, 'reset');
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Newer' });
    expect(await odsl.reconcile(prepared)).toEqual({ state: 'absent' });
    for (const status of [401, 429, 500]) {
      odsl.sandbox.faults.add({ path: '/audit/', fault: { kind: 'status', status } });
      expect(await odsl.reconcile(prepared)).toEqual({ state: 'absent' });
      odsl.sandbox.faults.clear();
    }
  });

  test('whose version is gone again is found in the audit trail, and else in doubt', async () => {
    await odsl.history(1);
    const prepared = await put({ script: 'New' });
    await odsl.lose(prepared, 'resetAfterEffect');
    const isInDoubt = async (): Promise<void> => {
      expect(await odsl.reconcile(prepared)).toMatchObject({ state: 'applied' });
      for (const status of [403, 404]) {
        odsl.sandbox.faults.add({ path: '/audit/', fault: { kind: 'status', status } });
        const found = { state: 'undecided', why: expect.stringContaining('FX'), candidates: [] };
        expect(await odsl.reconcile(prepared)).toEqual(found);
        odsl.sandbox.faults.clear();
      }
    };
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Newer' });
    await odsl.others('DELETE', '/FX/2');
    await isInDoubt();
    await odsl.others('DELETE', '/FX/*');
    await isInDoubt();
  });

  test.each([
    ['nothing', ''],
    ['an empty object', '{}'],
    ['plain text', 'OK'],
  ])('is read again where the answer is %s', async (_, body) => {
    await odsl.history(1);
    const prepared = await put({ script: 'New' });
    // The sandbox saves it now, and in its place when it is asked to.
    const before = JSON.stringify(await odsl.shown('/FX'));
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'New' });
    const answered = (text: string) => ({ kind: 'status', status: 200, body: text }) as const;
    odsl.sandbox.faults.add({ method: 'GET', times: 1, fault: answered(before) });
    odsl.sandbox.faults.add({ method: 'POST', times: 1, fault: answered(body) });
    expect(await odsl.send(prepared)).toMatchObject({ items: [{ version: '2' }] });
    expect(odsl.writes()).toHaveLength(1);
  });

  test.each([401, 429])(
    'whose answer tells nothing is not decided by a read after it that is answered %i',
    async (status) => {
      await odsl.history(1);
      const prepared = await put({ script: 'New' });
      odsl.sandbox.faults.add({
        method: 'POST',
        fault: { kind: 'status', status: 200, body: 'OK' },
      });
      const permit = (): void => {
        const fault = { kind: 'status', status, headers: { 'retry-after': '60' } } as const;
        odsl.sandbox.faults.add({ method: 'GET', fault });
      };
      const error: unknown = await odsl.send(prepared, permit).catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: 'upstream_unavailable',
        details: { connection: 'odsl-eu', platform: 'odsl', sent: 'maybe' },
      });
      expect(error).not.toHaveProperty('details.upstream');
    },
  );

  test('is not made where others have made it since, nor made anew where it has gone', async () => {
    const created = await put({ script: 'New' });
    await odsl.history(1);
    await expect(odsl.send(created)).rejects.toMatchObject({ code: 'conflict' });
    const replaced = await put({ script: 'New' }, 'FX', { ifMatch: '*' });
    const unconditional = await put({ script: 'New' });
    await odsl.others('DELETE', '/FX/*');
    await expect(odsl.send(replaced)).rejects.toMatchObject({ code: 'precondition_failed' });
    await expect(odsl.send(unconditional)).rejects.toMatchObject({ code: 'conflict' });
    expect(odsl.writes()).toEqual([]);
  });

  test('that was saved is done, though others have taken it back', async () => {
    await odsl.history(1);
    const prepared = await put({ script: 'New' });
    await odsl.lose(prepared, 'resetAfterEffect');
    await odsl.others('DELETE', '/FX');
    expect(await odsl.versions()).toEqual(['1']);
    expect(await odsl.reconcile(prepared)).toMatchObject({ state: 'applied' });
  });

  test('that the platform has only merged is told to be done by half', async () => {
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Fx', cron: '1 1 ? * * *' });
    const prepared = await put({ script: 'New' });
    const merged = { _id: 'FX', name: 'FX', script: 'New', cron: '1 1 ? * * *', _version: 2 };
    const fault = { kind: 'status', status: 200, body: JSON.stringify(merged) } as const;
    odsl.sandbox.faults.add({ method: 'POST', times: 1, fault });
    const problem = { code: 'upstream_contract', detail: expect.stringContaining('cron') };
    const items = [{ effect: 'failed', version: '2', problem }];
    expect(await odsl.send(prepared)).toMatchObject({ items });
    await odsl.others('POST', '', merged);
    expect(await odsl.reconcile(prepared)).toMatchObject({ state: 'applied', receipt: { items } });
  });

  test('that the platform refuses is rejected in its words', async () => {
    const headers = { 'x-odsl-error': '[5005] Update Error: no such script' };
    const prepared = await put({ script: 'None' });
    odsl.sandbox.faults.add({ method: 'POST', fault: { kind: 'status', status: 400, headers } });
    await expect(odsl.send(prepared)).rejects.toMatchObject({
      code: 'upstream_rejected',
      details: { upstream: { status: 400, code: '5005' } },
    });
  });

  test('does not leave once it may not, nor when what stands cannot be read', async () => {
    const prepared = await put({ script: 'New' });
    const late = new Error('too late');
    const permit = (): void => {
      throw late;
    };
    await expect(odsl.send(prepared, permit)).rejects.toBe(late);
    odsl.sandbox.faults.add({ method: 'GET', fault: { kind: 'status', status: 503 } });
    await expect(odsl.send(prepared)).rejects.toMatchObject({ details: { sent: 'no' } });
    expect(odsl.writes()).toEqual([]);
  });
});
