import { describe, expect, test } from '@jest/globals';
import type { PreparedChange } from '../../domain/change.ts';
import { ChangedOdsl, refused } from './odsl.changes.testing.ts';

/** What is asked before the last version goes. */
const onlyOne = {
  code: 'conflict',
  message: expect.stringContaining('?confirm=delete'),
  details: {
    ...refused,
    members: { confirm: 'delete', stands: [{ id: 'odsl-eu:FX', name: 'FX', version: '1' }] },
  },
};

describe('the deletion of a process of OpenDataDSL', () => {
  const odsl = new ChangedOdsl('deletion');
  const remove = (key = 'FX'): Promise<PreparedChange> => odsl.prepare({ key });

  test('takes all its versions, once, and nothing else', async () => {
    await odsl.history(3);
    await odsl.others('POST', '', { _id: 'FX2', script: 'Fx' });
    const prepared = await remove();
    const items = [{ process: 'FX', name: 'FX', version: null, effect: 'deleted' }];
    expect(prepared.items).toMatchObject(items);
    expect(await odsl.versions()).toHaveLength(3);
    expect(await odsl.send(prepared)).toMatchObject({ items });
    expect(odsl.writes()).toEqual(['DELETE /api/process/v1/FX/*']);
    expect(await odsl.shown('/FX')).toBeNull();
    expect(await odsl.shown('/FX2')).not.toBeNull();
  });

  test('takes a process with a slash in its key, and not the tag that it looks like', async () => {
    await odsl.history(2);
    await odsl.others('PUT', '/FX/1/a');
    await odsl.others('POST', '', { _id: 'FX/a', script: 'Fx' });
    await odsl.send(await remove('FX%2Fa'));
    expect(odsl.writes()).toEqual(['DELETE /api/process/v1/FX%2Fa/*']);
    expect(await odsl.shown('/FX/a')).toMatchObject({ _version: 1 });
    await expect(remove('FX%2Fa')).rejects.toMatchObject({ code: 'not_found' });
  });

  test.each(['NONE', '%2A', '~LATEST', 'FX%2F%2A', '..'])('does not take %s', async (key) => {
    await odsl.history(1);
    const gone = { code: 'not_found', details: refused };
    await expect(remove(key)).rejects.toMatchObject(gone);
  });

  test('is found when the answer is lost, and absent when it never arrived', async () => {
    await odsl.history(2);
    const prepared = await remove();
    expect(await odsl.lose(prepared, 'reset')).toEqual({ state: 'absent' });
    expect(await odsl.lose(prepared, 'resetAfterEffect')).toMatchObject({ state: 'applied' });
    odsl.exchanges = [];
    expect(await odsl.send(prepared)).toMatchObject({ items: [{ effect: 'deleted' }] });
    expect(odsl.writes()).toEqual([]);
  });

  test('leaves alone what others have made anew', async () => {
    await odsl.history(1);
    const prepared = await remove();
    await odsl.others('DELETE', '/FX/*');
    await new Promise((done) => setTimeout(done, 5));
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'anew' });
    expect(await odsl.reconcile(prepared)).toMatchObject({ state: 'undecided' });
    await expect(odsl.send(prepared)).rejects.toMatchObject({ code: 'conflict' });
    expect(await odsl.shown('/FX')).toMatchObject({ script: 'anew' });
  });

  test('that is refused because it is done is done', async () => {
    await odsl.history(1);
    const prepared = await remove();
    const [one, all] = [await odsl.shown('/FX'), await odsl.others('GET', '/FX/*')];
    await odsl.others('DELETE', '/FX/*');
    for (const [path, body] of [
      ['v1/FX$', one],
      ['v1/FX/\\*$', all],
    ] as const) {
      const fault = { kind: 'status', status: 200, body: JSON.stringify(body) } as const;
      odsl.sandbox.faults.add({ method: 'GET', path, times: 1, fault });
    }
    expect(await odsl.send(prepared)).toMatchObject({ items: [{ effect: 'deleted' }] });
    expect(odsl.writes()).toHaveLength(1);
  });
});

describe('the deletion of a version of OpenDataDSL', () => {
  const odsl = new ChangedOdsl('versionDeletion');
  const remove = (version: string, confirm?: string): Promise<PreparedChange> =>
    odsl.prepare({ key: 'FX', version, ...(confirm === undefined ? {} : { confirm }) });

  test.each([
    ['1', '1', ['3', '2']],
    ['PROD', '2', ['3', '1']],
    ['latest', '3', ['2', '1']],
  ])('named %s takes its number, and the others stay', async (version, number, left) => {
    await odsl.history(3);
    await odsl.others('PUT', '/FX/2/PROD');
    const prepared = await remove(version);
    const items = [{ process: 'FX', version: number, effect: 'deleted' }];
    expect(prepared.items).toMatchObject(items);
    expect(await odsl.send(prepared)).toMatchObject({ items });
    expect(odsl.writes()).toEqual([`DELETE /api/process/v1/FX/${number}`]);
    expect(await odsl.versions()).toEqual(left);
  });

  test('finds a tag that the list does not show', async () => {
    await odsl.history(2);
    await odsl.others('PUT', '/FX/1/PROD');
    const listed = (await odsl.others('GET', '/FX/*')) as object[];
    const body = JSON.stringify(listed.map((each) => ({ ...each, tags: null })));
    const fault = { kind: 'status', status: 200, body } as const;
    odsl.sandbox.faults.add({ path: 'FX/\\*', fault });
    expect((await remove('PROD')).items).toMatchObject([{ version: '1' }]);
  });

  test.each(['9', '*', '~LATEST', 'NONE', 'PROD/*', '..', ''])(
    'takes none for %j',
    async (version) => {
      await odsl.history(2);
      await expect(remove(version)).rejects.toMatchObject({
        code: 'not_found',
        details: { ...refused, errors: [{ at: 'version' }] },
      });
      const asked = odsl.exchanges.map(({ url }) => decodeURIComponent(url).split('/v1/')[1]);
      expect(asked.filter((each) => !['FX', 'FX/*', 'FX/NONE'].includes(each ?? ''))).toEqual([]);
    },
  );

  test('that is the only one asks first, as the process goes with it', async () => {
    await odsl.history(1);
    for (const confirm of [undefined, 'undeploy'])
      await expect(remove('latest', confirm)).rejects.toMatchObject(onlyOne);
    expect(await odsl.versions()).toEqual(['1']);
    await odsl.send(await remove('latest', 'delete'));
    expect(await odsl.shown('/FX')).toBeNull();
  });

  test('that has become the only one meanwhile stays', async () => {
    await odsl.history(2);
    const prepared = await remove('1');
    await odsl.others('DELETE', '/FX/2');
    await expect(odsl.send(prepared)).rejects.toMatchObject({ code: 'conflict' });
    expect(odsl.writes()).toEqual([]);
    expect(await odsl.versions()).toEqual(['1']);
  });

  test('is found when the answer is lost, and absent when it never arrived', async () => {
    await odsl.history(2);
    const prepared = await remove('2');
    expect(await odsl.lose(prepared, 'reset')).toEqual({ state: 'absent' });
    expect(await odsl.lose(prepared, 'resetAfterEffect')).toMatchObject({ state: 'applied' });
    await new Promise((done) => setTimeout(done, 5));
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'anew' });
    expect(await odsl.versions()).toEqual(['2', '1']);
    expect(await odsl.reconcile(prepared)).toMatchObject({ state: 'undecided' });
    await expect(odsl.send(prepared)).rejects.toMatchObject({ code: 'conflict' });
    expect(await odsl.versions()).toEqual(['2', '1']);
  });

  test('is not tried where its number is a tag as well', async () => {
    await odsl.history(2);
    await odsl.others('PUT', '/FX/2/1');
    await expect(remove('1')).rejects.toMatchObject({ code: 'conflict', details: refused });
  });
});
