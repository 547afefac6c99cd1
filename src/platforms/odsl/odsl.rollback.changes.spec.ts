import { describe, expect, test } from '@jest/globals';
import type { PreparedChange } from '../../domain/change.ts';
import { ChangedOdsl, refused } from './odsl.changes.testing.ts';

describe('the rollback of a process of OpenDataDSL', () => {
  const odsl = new ChangedOdsl('rollback');
  const rollBack = (key = 'FX', confirm?: string): Promise<PreparedChange> =>
    odsl.prepare({ key, ...(confirm === undefined ? {} : { confirm }) });
  const gone = async (): Promise<boolean> => (await odsl.shown('/FX')) === null;
  const later = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

  test('takes the newest version away, once, and names the one that is current then', async () => {
    await odsl.history(3);
    const prepared = await rollBack();
    const items = [
      { process: 'FX', name: 'FX', version: '2', versionId: 'FX', effect: 'rolled_back' },
    ];
    expect(prepared.items).toMatchObject(items);
    expect(await odsl.send(prepared)).toMatchObject({ items });
    expect(odsl.writes()).toEqual(['DELETE /api/process/v1/FX?_reason=MARK']);
    expect(await odsl.shown('/FX')).toMatchObject({ _id: 'FX', _version: 2, description: 'v2' });
  });

  test('is never sent again', async () => {
    expect(odsl.part.repeatable).toBe(false);
    await odsl.history(3);
    const prepared = await rollBack();
    await odsl.send(prepared);
    await expect(odsl.send(prepared)).rejects.toMatchObject({ code: 'conflict' });
    expect(await odsl.versions()).toEqual(['2', '1']);
  });

  test('of an only version asks first, as the process goes with it', async () => {
    await odsl.history(1);
    await expect(rollBack()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('?confirm=delete'),
      details: {
        ...refused,
        members: { confirm: 'delete', stands: [{ id: 'odsl-eu:FX', name: 'FX', version: '1' }] },
      },
    });
    const prepared = await rollBack('FX', 'delete');
    expect(prepared.items).toMatchObject([{ effect: 'deleted', version: null }]);
    await odsl.send(prepared);
    expect(await gone()).toBe(true);
  });

  test.each(['NONE', '%2A', '~LATEST', 'FX%2F%2A'])('does not touch %s', async (key) => {
    await odsl.history(2);
    await expect(rollBack(key)).rejects.toMatchObject({ code: 'not_found', details: refused });
  });

  test('of two who ask at the same time, each with two versions, takes the process of nobody', async () => {
    await odsl.history(2);
    const [first, second] = [await rollBack(), await rollBack()];
    await odsl.send(first);
    await expect(odsl.send(second)).rejects.toMatchObject({ code: 'conflict' });
    expect(await odsl.versions()).toEqual(['1']);
  });

  test('does not take what others have saved meanwhile', async () => {
    await odsl.history(2);
    const prepared = await rollBack();
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Newer' });
    await expect(odsl.send(prepared)).rejects.toMatchObject({ code: 'conflict' });
    expect(await odsl.versions()).toEqual(['3', '2', '1']);
  });

  test('that cannot look right before is not sent', async () => {
    await odsl.history(2);
    const prepared = await rollBack();
    odsl.sandbox.faults.add({ method: 'GET', fault: { kind: 'status', status: 503 } });
    await expect(odsl.send(prepared)).rejects.toMatchObject({ details: { sent: 'no' } });
    expect(odsl.writes()).toEqual([]);
  });

  const unaudited = (): void => {
    odsl.sandbox.faults.add({ path: '/audit/', fault: { kind: 'status', status: 403 } });
  };

  test.each([
    [2, undefined],
    [1, 'delete'],
  ])('of %i versions is found when the answer is lost', async (count, confirm) => {
    await odsl.history(count);
    const prepared = await rollBack('FX', confirm);
    const found = { state: 'applied', receipt: { items: [{ problem: null }] } };
    expect(await odsl.lose(prepared, 'resetAfterEffect')).toMatchObject(found);
    unaudited();
    expect(await odsl.reconcile(prepared)).toMatchObject(found);
  });

  test.each([
    [2, undefined],
    [1, 'delete'],
  ])('of %i versions is absent when it never arrived', async (count, confirm) => {
    await odsl.history(count);
    const prepared = await rollBack('FX', confirm);
    expect(await odsl.lose(prepared, 'reset')).toEqual({ state: 'absent' });
    expect(await odsl.versions()).toHaveLength(count);
  });

  test('is found in the audit trail whatever came after, and is in doubt without it', async () => {
    await odsl.history(2);
    const prepared = await rollBack();
    await odsl.lose(prepared, 'resetAfterEffect');
    await later();
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Newer' });
    expect(await odsl.versions()).toEqual(['2', '1']);
    expect(await odsl.reconcile(prepared)).toMatchObject({ state: 'applied' });
    unaudited();
    expect(await odsl.reconcile(prepared)).toMatchObject({
      state: 'undecided',
      why: expect.stringContaining('its newest version is 2'),
    });
    await odsl.others('DELETE', '/FX/*');
    expect(await odsl.reconcile(prepared)).toMatchObject({
      state: 'undecided',
      why: expect.stringContaining('it is gone'),
    });
  });

  test('is found where the audit trail has many entries, and not by one that was refused', async () => {
    await odsl.history(2);
    const prepared = await rollBack();
    await odsl.lose(prepared, 'resetAfterEffect');
    for (let at = 0; at < 60; at += 1)
      await odsl.others('POST', '', { _id: 'GX', script: String(at) });
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Newer' });
    odsl.exchanges = [];
    expect(await odsl.reconcile(prepared)).toMatchObject({ state: 'applied' });
    expect(odsl.exchanges.map(({ url }) => /_skip=(\d+)/.exec(url)?.[1])).toEqual(['0', '50']);
    const reason = String(
      odsl.sandbox.ledger().find(({ effect }) => effect === 'process.rolledBack')?.details[
        'reason'
      ],
    );
    const audited = (entry: object): void => {
      odsl.sandbox.faults.clear();
      const body = JSON.stringify([{ ...entry, timestamp: '2026-01-01T00:00:00Z' }]);
      odsl.sandbox.faults.add({ path: '/audit/', fault: { kind: 'status', status: 200, body } });
    };
    audited({ reason, status: 400 });
    expect(await odsl.reconcile(prepared)).toMatchObject({ state: 'undecided' });
    // As the other of the two pages on the audit trail has it.
    audited({ description: reason, key: 'FX', status: '200' });
    expect(await odsl.reconcile(prepared)).toMatchObject({ state: 'applied' });
  });
});
