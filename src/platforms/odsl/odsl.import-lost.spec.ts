import { describe, expect, test } from '@jest/globals';
import { type ErrorDetails, InternalError } from '../../domain/errors.ts';
import type { Observation } from '../../domain/import.ts';
import { effectsOf, ImportedOdsl } from './odsl.imports.testing.ts';

const three = ['FX', 'GX', 'HX'].map((_id) => ({ _id, script: `New ${_id}` }));

describe('an import into OpenDataDSL whose answer is lost', () => {
  const odsl = new ImportedOdsl();
  const one = async (before: number): Promise<Observation> => {
    await odsl.history(before);
    return odsl.observed('new-version', { _id: 'FX', script: 'New' });
  };
  /** The audit trail cannot be read from now on. */
  const withoutAudit = (status = 403): void => {
    odsl.sandbox.faults.add({ path: '/audit/', fault: { kind: 'status', status } });
  };

  test.each([0, 2])('was done where the platform shows it, after %i versions', async (before) => {
    const seen = await one(before);
    await odsl.loseSave(seen, 'resetAfterEffect');
    const effect = before === 0 ? 'created' : 'new_version';
    const found = await odsl.look(seen);
    if (found.state !== 'applied') throw new Error(`it is ${found.state}`);
    expect(effectsOf(found.receipt)).toEqual([`FX ${effect} ${before + 1}`]);
    expect(odsl.effects().filter((each) => each === 'process.saved FX')).toHaveLength(before + 1);
  });

  test.each([0, 2])('is absent where it never arrived, after %i versions', async (before) => {
    const seen = await one(before);
    await odsl.loseSave(seen, 'reset');
    odsl.exchanges = [];
    expect(await odsl.look(seen)).toEqual({ state: 'absent' });
    // The process itself and, where there is one, all of its versions were read.
    const read = odsl.exchanges.map(({ url }) => url.replace(/\?.*/, ''));
    const whole = ['/api/process/v1/FX', '/api/process/v1/FX/*'].slice(0, before === 0 ? 1 : 2);
    expect(read).toEqual(expect.arrayContaining(whole));
    await odsl.sendImport(seen);
    expect(await odsl.versions()).toHaveLength(before + 1);
  });

  test('is given up after the time of imports, not before, and looked for', async () => {
    odsl.connect({ timeout: '2s', importTimeout: '4s' });
    const seen = await one(1);
    const begun = performance.now();
    const error = await odsl.loseSave(seen, 'hang');
    expect(performance.now() - begun).toBeGreaterThan(3_900);
    expect(error).toMatchObject({ code: 'upstream_timeout', details: { sent: 'maybe' } });
    expect(odsl.import.timeoutMs).toBe(4_000);
    expect(await odsl.look(seen)).toEqual({ state: 'absent' });
  });

  test('is found below what others have saved since', async () => {
    const seen = await one(1);
    await odsl.loseSave(seen, 'resetAfterEffect');
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Newer' });
    withoutAudit();
    expect(await odsl.look(seen)).toMatchObject({
      state: 'applied',
      receipt: { items: [{ version: '2', effect: 'new_version' }] },
    });
  });

  test('is absent though others have saved another', async () => {
    const seen = await one(1);
    await odsl.loseSave(seen, 'reset');
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Newer' });
    expect(await odsl.look(seen)).toEqual({ state: 'absent' });
    withoutAudit(500);
    expect(await odsl.look(seen)).toEqual({ state: 'absent' });
  });

  test('whose version is gone again is found by its mark, and else in doubt', async () => {
    const seen = await one(1);
    await odsl.loseSave(seen, 'resetAfterEffect');
    const isInDoubt = async (): Promise<void> => {
      expect(await odsl.look(seen)).toMatchObject({ state: 'applied' });
      withoutAudit();
      const why = expect.stringContaining('FX');
      expect(await odsl.look(seen)).toEqual({ state: 'undecided', why, candidates: [] });
      odsl.sandbox.faults.clear();
    };
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Newer' });
    await odsl.others('DELETE', '/FX/2');
    await isInDoubt();
    await odsl.others('DELETE', '/FX/*');
    await isInDoubt();
  });

  test('is not taken for done because of the mark of another import', async () => {
    const theirs = await odsl.observed('new-version', { _id: 'FX', script: 'Theirs' });
    const seen = await one(0);
    await odsl.sendImport(theirs);
    expect(await odsl.look(seen)).toEqual({ state: 'absent' });
  });

  test('is not looked for where the platform cannot be read', async () => {
    const seen = await one(1);
    await odsl.loseSave(seen, 'resetAfterEffect');
    odsl.sandbox.faults.add({ method: 'GET', fault: { kind: 'status', status: 503 } });
    await expect(odsl.look(seen)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  test.each([
    ['after the second was saved', 'resetAfterEffect', ['created 1', 'created 1', 'failed -']],
    ['before the second arrived', 'reset', ['created 1', 'failed -', 'failed -']],
  ] as const)('%s is done by half, and the rest is done by another try', async (_, kind, ends) => {
    const seen = await odsl.observed('error', three);
    const error = await odsl.loseSave(seen, kind, 2);
    expect(error).toMatchObject({ details: { sent: 'maybe' } });
    const found = await odsl.look(seen);
    if (found.state !== 'partial') throw new Error(`it is ${found.state}`);
    expect(effectsOf(found.receipt).map((each) => each.slice(3))).toEqual(ends);
    const again = effectsOf(await odsl.sendImport(seen));
    expect(again).toEqual(['FX created 1', 'GX created 1', 'HX created 1']);
    expect(odsl.effects()).toEqual(three.map(({ _id }) => `process.saved ${_id}`));
    expect(await odsl.look(seen)).toMatchObject({ state: 'applied' });
  });

  test('of which one is in doubt is in doubt', async () => {
    await odsl.history(1);
    const seen = await odsl.observed('new-version', three);
    await odsl.loseSave(seen, 'resetAfterEffect', 3);
    await odsl.others('DELETE', '/FX/*');
    withoutAudit();
    expect(await odsl.look(seen)).toMatchObject({ state: 'undecided' });
  });

  test('was done where the platform said so but did not say what it made', async () => {
    const seen = await one(1);
    const fault = { kind: 'status', status: 200, body: 'OK' } as const;
    odsl.sandbox.faults.add({ method: 'POST', times: 1, fault });
    expect(await odsl.sendImport(seen)).toMatchObject({
      items: [{ effect: 'failed', problem: { code: 'upstream_contract' } }],
    });
  });
});

describe('an import into OpenDataDSL that is sent', () => {
  const odsl = new ImportedOdsl();

  test('does not leave once it may not, nor when what stands cannot be read', async () => {
    const seen = await odsl.observed('error', three[0]);
    const late = new Error('too late');
    const permit = (): void => {
      throw late;
    };
    await expect(odsl.sendImport(seen, permit)).rejects.toBe(late);
    odsl.sandbox.faults.add({ method: 'GET', fault: { kind: 'status', status: 503 } });
    await expect(odsl.sendImport(seen)).rejects.toMatchObject({ details: { sent: 'no' } });
    expect(odsl.writes()).toEqual([]);
  });

  test.each([
    ['is gone', null, undefined],
    ['is another', '{"_id":"FX","script":"Other"}', false],
    ['is shorter', '[]', false],
    ['is cut off', '{"_id":"FX","scr', false],
  ])('does not leave where its file %s', async (_, content, retryable) => {
    const seen = await odsl.observed('error', { _id: 'FX', script: 'Fx' });
    for (const id of odsl.files.keys())
      if (content === null) odsl.files.delete(id);
      else odsl.files.set(id, Buffer.from(content));
    const error: unknown = await odsl.sendImport(seen).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'store_unavailable', details: { sent: 'no' } });
    expect((error as { details: ErrorDetails }).details.retryable).toBe(retryable);
    expect(odsl.writes()).toEqual([]);
  });

  test('whose first save is refused is rejected in the words of the platform', async () => {
    const headers = { 'x-odsl-error': '[5005] Update Error: no such script' };
    const seen = await odsl.observed('error', three);
    odsl.sandbox.faults.add({ method: 'POST', fault: { kind: 'status', status: 400, headers } });
    await expect(odsl.sendImport(seen)).rejects.toMatchObject({
      code: 'upstream_rejected',
      details: { upstream: { status: 400, code: '5005' } },
    });
    expect(odsl.writes()).toHaveLength(1);
  });

  test('whose second save is refused says what was done, what failed, and what was not tried', async () => {
    const seen = await odsl.observed('error', three);
    let left = 2;
    const permit = (): void => {
      left -= 1;
      const fault = { kind: 'status', status: 400 } as const;
      if (left === 0) odsl.sandbox.faults.add({ method: 'POST', fault });
    };
    const { items } = await odsl.sendImport(seen, permit);
    expect(items).toMatchObject([
      { process: 'FX', effect: 'created', version: '1', problem: null },
      { process: 'GX', effect: 'failed', problem: { code: 'upstream_rejected' } },
      {
        process: 'HX',
        effect: 'failed',
        problem: { detail: expect.stringContaining('not tried') },
      },
    ]);
    expect(odsl.effects()).toEqual(['process.saved FX']);
  });

  test('that the platform has only merged is told to be done by half', async () => {
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Fx', cron: '1 1 ? * * *' });
    const seen = await odsl.observed('new-version', { _id: 'FX', script: 'New' });
    const merged = { _id: 'FX', name: 'FX', script: 'New', cron: '1 1 ? * * *', _version: 2 };
    const fault = { kind: 'status', status: 200, body: JSON.stringify(merged) } as const;
    odsl.sandbox.faults.add({ method: 'POST', times: 1, fault });
    const problem = { code: 'upstream_contract', detail: expect.stringContaining('cron') };
    const items = [{ effect: 'failed', version: '2', problem }];
    expect(await odsl.sendImport(seen)).toMatchObject({ items });
    await odsl.others('POST', '', merged);
    expect(await odsl.look(seen)).toMatchObject({ state: 'applied', receipt: { items } });
  });

  test('has as long for all of its saves as for one, however many there are', async () => {
    const span = async (count: number): Promise<number> => {
      const content = Array.from({ length: count }, (_, at) => ({ _id: `P${at}` }));
      const { evidence } = await odsl.observed('error', content);
      return odsl.import.spanMs?.(evidence) ?? 0;
    };
    odsl.connect({ timeout: '10s', importTimeout: '15m', listTimeout: '2m' });
    expect([await span(1), await span(10), await span(200)]).toEqual([10_000, 100_000, 900_000]);
    expect([odsl.import.timeoutMs, odsl.import.lookMs]).toEqual([900_000, 120_000]);
  });

  test('cannot be sent or looked for where what was kept of it cannot be read', async () => {
    const seen = { evidence: { steps: [{}] } };
    await expect(odsl.sendImport(seen)).rejects.toBeInstanceOf(InternalError);
    await expect(odsl.look(seen)).rejects.toBeInstanceOf(InternalError);
  });
});
