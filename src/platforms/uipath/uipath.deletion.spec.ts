import { describe, expect, test } from '@jest/globals';
import { ChangedUipath, notSent, refusal } from './uipath.changes.testing.ts';

const terms = (key: string, confirm: string | null = null) => ({ key, confirm });

describe('a version on UiPath', () => {
  const uipath = new ChangedUipath('versionDeletion');
  const of = (key: string, version: string) => ({ ...terms(key), version });

  test('is deleted once, by its number in whatever spelling', async () => {
    const prepared = await uipath.prepared(of('PaymentRun', '1.0.6981.35861'));
    const item = {
      process: 'PaymentRun',
      name: 'Payment run',
      version: '1.0.6981.35861',
      versionId: 'PaymentRun:1.0.6981.35861',
      deployment: null,
      effect: 'deleted',
      problem: null,
    };
    expect(prepared.items).toEqual([item]);
    expect(uipath.writes()).toEqual([]);
    expect(await uipath.send(prepared)).toEqual({ items: [item] });
    expect(uipath.writes()).toEqual(["DELETE /odata/Processes('PaymentRun:1.0.6981.35861')"]);
    expect(uipath.effects()).toEqual([['package.deleted', { key: 'PaymentRun:1.0.6981.35861' }]]);
    const left = await uipath.versions('PaymentRun');
    expect(left?.map(({ version }) => version)).toEqual(['1.0.7012.11204', '1.0.7012.9120']);
    await uipath.send(await uipath.prepared(of('CreditCheck', '1.13')));
    expect(uipath.effects()).toHaveLength(2);
    await uipath.send(await uipath.prepared(of('CreditCheck', 'latest')));
    expect(uipath.effects().at(-1)?.[1]).toEqual({ key: 'CreditCheck:1.12.0' });
  });

  test('that a release runs is refused, naming the release', async () => {
    const error = await refusal(uipath.prepared(of('smoketest', '1.0')));
    expect(error).toMatchObject({
      code: 'conflict',
      details: {
        ...notSent,
        members: {
          versions: ['1.0.0'],
          deployments: [
            {
              id: '1001',
              name: 'Smoke test',
              version: '1.0.0',
              target: { id: '101', name: 'Shared', kind: 'folder' },
            },
          ],
        },
      },
    });
    expect(String(error)).toContain('version 1.0.0 of SmokeTest is active');
    expect(String(error)).toContain('1001 (Smoke test, version 1.0.0)');
    expect(uipath.writes()).toEqual([]);
  });

  test('that runs in another folder only is refused as well', async () => {
    const error = await refusal(uipath.prepared(of('BankStatementImport', '1.0.4')));
    expect(error).toMatchObject({
      code: 'conflict',
      details: { ...notSent, members: { deployments: [], versions: ['1.0.4'] } },
    });
    expect(String(error)).toContain('a folder that this connection does not see');
    const folderless = uipath.part({ folder: undefined });
    const request = of('SmokeTest', '1.0.0');
    expect(await refusal(folderless.prepare(request, uipath.signal()))).toMatchObject({
      code: 'conflict',
    });
  });

  test('that begins to run meanwhile is refused by the platform, whose words are passed on', async () => {
    const prepared = await uipath.prepared(of('CreditCheck', '1.0.0'));
    await uipath.call('POST', 'Releases', {
      Name: 'C',
      ProcessKey: 'CreditCheck',
      ProcessVersion: '1.0.0',
    });
    const error = await refusal(uipath.send(prepared));
    expect(error).toMatchObject({
      code: 'upstream_rejected',
      details: { upstream: { status: 400, code: '1009' } },
    });
    expect(String(error)).toContain('is used by a process');
  });

  test.each([
    ['CreditCheck', '9.9.9', 'CreditCheck has no version 9.9.9.'],
    ['CreditCheck', '*', 'CreditCheck has no version *.'],
    ['CreditCheck', "1.0.0')", "CreditCheck has no version 1.0.0')."],
    ['Nothing', '1.0.0', 'There is no process Nothing.'],
    ['Credit%2FCheck', '1.0.0', 'There is no process'],
  ])('%s %s is not found', async (key, version, message) => {
    const error = await refusal(uipath.prepared(of(key, version)));
    expect(error).toMatchObject({ code: 'not_found', details: notSent });
    expect(String(error)).toContain(message);
    expect(uipath.writes()).toEqual([]);
  });

  test('goes from the folder’s own feed, where that is where packages are', async () => {
    const settings = { folder: { path: 'Büro Österreich' }, feed: 'folder' } as const;
    const prepared = await uipath.prepared(of('LohnzettelVersand', '1.0.1'), settings);
    await uipath.send(prepared, settings);
    expect(uipath.writes()[0]).toMatch(
      /^DELETE \/odata\/Processes\('LohnzettelVersand:1.0.1'\)\?feedId=[0-9a-f-]{36}$/,
    );
    expect(uipath.effects()).toHaveLength(1);
  });

  test('whose answer is lost is found deleted, or still there', async () => {
    const path = 'odata/Processes';
    const request = of('CreditCheck', '1.0.0');
    const unsent = await uipath.lost(request, { path, effect: false });
    expect(await uipath.look(unsent)).toEqual({ state: 'absent' });
    const sent = await uipath.lost(request, { path, effect: true });
    expect(await uipath.look(sent)).toEqual({ state: 'applied', receipt: { items: sent.items } });
    expect(uipath.effects()).toHaveLength(1);
  });

  test('that is gone already is done, when a read shows it', async () => {
    const prepared = await uipath.prepared(of('CreditCheck', '1.0.0'));
    await uipath.send(prepared);
    expect(await uipath.send(prepared)).toEqual({ items: prepared.items });
    expect(uipath.effects()).toHaveLength(1);
  });

  test('that a 404 denies while it stands is a refusal', async () => {
    const prepared = await uipath.prepared(of('CreditCheck', '1.0.0'));
    const fault = { kind: 'status', status: 404 } as const;
    uipath.asked.sandbox.faults.add({ method: 'DELETE', fault });
    expect(await refusal(uipath.send(prepared))).toMatchObject({
      code: 'upstream_rejected',
      details: { upstream: { status: 404 } },
    });
  });

  test('that another one of its number took the place of is left in doubt', async () => {
    const prepared = await uipath.prepared(of('CreditCheck', '1.0.0'));
    const Published = '2030-01-01T00:00:00Z';
    const row = { Id: 'CreditCheck', Version: '1.0.0', Key: 'CreditCheck:1.0.0', Published };
    const body = JSON.stringify({ '@odata.count': 1, value: [row] });
    const fault = { kind: 'status', status: 200, body } as const;
    uipath.asked.sandbox.faults.add({ path: 'GetProcessVersions', fault });
    expect(await uipath.look(prepared)).toMatchObject({ state: 'undecided', candidates: [] });
  });

  test('is looked for by evidence of its own only', async () => {
    const other = { evidence: { other: 1 }, items: [] };
    expect(await refusal(uipath.look(other))).toMatchObject({ code: 'internal' });
  });
});

describe('a process on UiPath', () => {
  const uipath = new ChangedUipath('deletion');

  test('is deleted with all versions, the oldest first, each by a request', async () => {
    const prepared = await uipath.prepared(terms('SharedActivities'));
    const versions = ['1.0.1', '1.0.2', '1.0.3'];
    expect(prepared.items.map(({ version, effect }) => [version, effect])).toEqual(
      versions.map((version) => [version, 'deleted']),
    );
    expect(await uipath.send(prepared)).toEqual({ items: prepared.items });
    expect(uipath.effects()).toEqual(
      versions.map((version) => ['package.deleted', { key: `SharedActivities:${version}` }]),
    );
    expect(await uipath.versions('SharedActivities')).toBeNull();
  });

  test('loses no version where one may not go', async () => {
    const error = await refusal(uipath.prepared(terms('PaymentRun')));
    expect(error).toMatchObject({
      code: 'conflict',
      details: {
        ...notSent,
        members: { versions: ['1.0.7012.9120'], deployments: [{ id: '1047' }] },
      },
    });
    expect(String(error)).toContain('Nothing was deleted: PaymentRun is active');
    expect(uipath.writes()).toEqual([]);
  });

  test('of which some versions were deleted is gone on with, and only with the rest', async () => {
    const prepared = await uipath.prepared(terms('CreditCheck'));
    const fault = { kind: 'reset' } as const;
    uipath.asked.sandbox.faults.add({ method: 'DELETE', path: '1\\.2\\.0', fault, times: 1 });
    expect(await refusal(uipath.send(prepared))).toMatchObject({
      code: 'upstream_unavailable',
      details: { sent: 'maybe' },
    });
    expect(uipath.effects()).toHaveLength(2);
    const found = await uipath.look(prepared);
    expect(found.state).toBe('partial');
    const items = found.state === 'partial' ? found.receipt.items : [];
    expect(items.map(({ effect }) => effect).slice(0, 4)).toEqual([
      'deleted',
      'deleted',
      'failed',
      'failed',
    ]);
    uipath.asked.exchanges = [];
    expect(await uipath.send(prepared)).toEqual({ items: prepared.items });
    expect(uipath.writes()).toHaveLength(13);
    expect(await uipath.look(prepared)).toEqual({
      state: 'applied',
      receipt: { items: prepared.items },
    });
  });

  test('is looked at by one read, however many versions it had', async () => {
    const prepared = await uipath.prepared(terms('CreditCheck'));
    uipath.asked.exchanges = [];
    expect(await uipath.look(prepared)).toEqual({ state: 'absent' });
    expect(uipath.asked.asked('GetProcessVersions')).toHaveLength(1);
  });

  test('of which the platform refuses a version says which was not deleted', async () => {
    const prepared = await uipath.prepared(terms('EmployeeOffboarding'));
    await uipath.call('POST', 'Releases', {
      Name: 'E',
      ProcessKey: 'EmployeeOffboarding',
      ProcessVersion: '1.0.2',
    });
    const { items } = await uipath.send(prepared);
    expect(items).toMatchObject([
      { version: '1.0.1', effect: 'deleted', problem: null },
      { version: '1.0.2', effect: 'failed', problem: { code: 'upstream_rejected' } },
      { version: '1.0.3', effect: 'failed', problem: { code: 'conflict' } },
    ]);
    expect(uipath.effects().filter(([effect]) => effect === 'package.deleted')).toHaveLength(1);
  });
});
