import { describe, expect, test } from '@jest/globals';
import type { PreparedChange } from '../../domain/change.ts';
import { ChangedOdsl, refused } from './odsl.changes.testing.ts';

describe('the tags of versions of OpenDataDSL', () => {
  const odsl = new ChangedOdsl('tags');
  const tag = (name: string, version = '1', key = 'FX'): Promise<PreparedChange> =>
    odsl.prepare({ key, version, tag: name });
  const tagged = async (): Promise<unknown> => (await odsl.shown('/FX/PROD'))?.['_version'] ?? null;

  test('point at a version, by number, tag or `latest`, and move', async () => {
    await odsl.history(3);
    await odsl.others('PUT', '/FX/2/TEST');
    for (const [version, number] of [
      ['1', '1'],
      ['latest', '3'],
      ['TEST', '2'],
    ] as const) {
      const prepared = await tag('PROD', version);
      const items = [{ process: 'FX', name: 'FX', version: number, effect: 'tagged' }];
      expect(prepared.items).toMatchObject(items);
      expect(await odsl.send(prepared)).toMatchObject({ items });
      expect(await tagged()).toBe(Number(number));
    }
    expect(odsl.writes().at(-1)).toBe('PUT /api/process/v1/FX/2/PROD');
  });

  test('that point there already are left alone', async () => {
    await odsl.history(2);
    await odsl.others('PUT', '/FX/2/PROD');
    const prepared = await tag('PROD', 'latest');
    expect(prepared.items).toMatchObject([{ effect: 'unchanged', version: '2' }]);
    await odsl.send(prepared);
    expect(odsl.writes()).toEqual([]);
  });

  test.each([
    ...['7', '007', 'latest', 'LATEST', '*', '~LATEST', '~latest', '', '.', '..', ' a', 'a\n'],
    ...['a/b', 'a/*', 'a\\b', 'a\\*', 'a\\..'],
  ])('cannot be %j', async (name) => {
    await odsl.history(1);
    await expect(tag(name)).rejects.toMatchObject({
      code: 'invalid_request',
      details: { ...refused, errors: [{ at: 'tag', message: expect.stringMatching(/^must /) }] },
    });
    expect(odsl.writes()).toEqual([]);
  });

  test('need a process and a version', async () => {
    const gone = { code: 'not_found', details: refused };
    await expect(tag('PROD')).rejects.toMatchObject(gone);
    await odsl.history(2);
    for (const version of ['9', '*', '~LATEST', 'NONE', '1/2'])
      await expect(tag('PROD', version)).rejects.toMatchObject({
        ...gone,
        message: expect.stringContaining('there are 2, 1'),
        details: { errors: [{ at: 'version' }] },
      });
    expect(odsl.exchanges.filter(({ url }) => url.includes('LATEST'))).toEqual([]);
  });

  test('are found when the answer is lost, and absent when they never arrived', async () => {
    await odsl.history(2);
    const prepared = await tag('PROD');
    expect(await odsl.lose(prepared, 'reset')).toEqual({ state: 'absent' });
    expect(await odsl.lose(prepared, 'resetAfterEffect')).toMatchObject({ state: 'applied' });
    expect(await tagged()).toBe(1);
    await odsl.others('PUT', '/FX/2/PROD');
    expect(await odsl.reconcile(prepared)).toMatchObject({
      state: 'undecided',
      why: expect.stringContaining('is at version 2'),
    });
  });

  test('are not set where a number is itself a tag', async () => {
    await odsl.history(2);
    await odsl.others('PUT', '/FX/2/1');
    await expect(tag('PROD', '1')).rejects.toMatchObject({ code: 'conflict', details: refused });
  });
});
