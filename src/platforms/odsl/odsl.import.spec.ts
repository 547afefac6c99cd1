import { describe, expect, test } from '@jest/globals';
import type { ConflictMode } from '../../domain/import.ts';
import { effectsOf, ImportedOdsl } from './odsl.imports.testing.ts';

describe('an import into OpenDataDSL', () => {
  const odsl = new ImportedOdsl();
  const saved = async (...configurations: readonly object[]): Promise<void> => {
    for (const each of configurations) await odsl.others('POST', '', each);
    odsl.exchanges = [];
  };
  const imported = async (
    mode: ConflictMode,
    content: unknown,
    name?: string,
  ): Promise<string[]> => {
    const file = await odsl.upload(content, name);
    const evidence = odsl.import.prepare({ files: [file], onConflict: mode });
    const seen = await odsl.observe(evidence);
    return effectsOf(await odsl.sendImport(seen));
  };

  test('takes files in three modes, up to what it can hold', () => {
    const { modes, mostBytes } = odsl.import;
    expect([modes, mostBytes]).toEqual([['error', 'use-existing', 'new-version'], 4 * 1_024 ** 2]);
  });

  test.each(['error', 'use-existing', 'new-version'] as const)(
    'in the mode %s makes what there is not, and says so before',
    async (mode) => {
      const seen = await odsl.observed(mode, [{ _id: 'FX', script: 'Fx' }, { name: 'GX' }]);
      expect(effectsOf(seen)).toEqual(['FX created -', 'GX created -']);
      expect(odsl.writes()).toEqual([]);
      const receipt = await odsl.sendImport(seen);
      expect(effectsOf(receipt)).toEqual(['FX created 1', 'GX created 1']);
      expect(receipt.items[0]).toMatchObject({ name: 'FX', versionId: 'FX', problem: null });
      const save = 'POST /api/process/v1?_reason=MARK';
      expect(odsl.writes()).toEqual([save, save]);
      expect(odsl.effects()).toEqual(['process.saved FX', 'process.saved GX']);
      expect(await odsl.content('FX')).toEqual({ name: 'FX', script: 'Fx' });
    },
  );

  test('in the mode error is in conflict with whatever stands, were it the same', async () => {
    await saved({ _id: 'FX', name: 'FX', script: 'Fx' });
    const seen = await odsl.observed('error', [
      { _id: 'FX', script: 'Fx' },
      { _id: 'GX', script: 'Gx' },
    ]);
    expect(effectsOf(seen)).toEqual(['FX conflict 1', 'GX created -']);
  });

  test('in the mode use-existing keeps what stands, and makes the rest', async () => {
    await saved({ _id: 'FX', name: 'FX', script: 'Fx' });
    const content = [
      { _id: 'FX', script: 'Other' },
      { _id: 'GX', script: 'Gx' },
    ];
    expect(await imported('use-existing', content)).toEqual(['FX kept 1', 'GX created 1']);
    expect(await odsl.versions()).toEqual(['1']);
    expect(odsl.writes()).toHaveLength(1);
  });

  test('in the mode new-version makes one of what is another, and none of what is the same', async () => {
    await saved(
      { _id: 'FX', name: 'FX', script: 'Fx' },
      { _id: 'GX', name: 'GX', input: { a: 1, b: [{ c: 2, d: null }] }, tags: [], cron: '' },
    );
    const content = [
      { _id: 'FX', script: 'Other' },
      { _id: 'GX', input: { b: [{ d: null, c: 2 }], a: 1 }, description: null },
    ];
    const seen = await odsl.observed('new-version', content);
    expect(effectsOf(seen)).toEqual(['FX new_version -', 'GX unchanged 1']);
    expect(effectsOf(await odsl.sendImport(seen))).toEqual(['FX new_version 2', 'GX unchanged 1']);
    expect(odsl.writes()).toHaveLength(1);
  });

  test('that has nothing to do opens no file, and has done it', async () => {
    await saved({ _id: 'FX', name: 'FX', script: 'Fx' });
    const seen = await odsl.observed('new-version', { _id: 'FX', script: 'Fx' });
    expect(effectsOf(await odsl.sendImport(seen))).toEqual(['FX unchanged 1']);
    expect(await odsl.look(seen)).toMatchObject({ state: 'applied' });
    expect([odsl.opened, odsl.writes()]).toEqual([[], []]);
  });

  test('replaces what the platform documents, and keeps what it does not, and the name', async () => {
    await saved({
      _id: 'FX',
      name: 'FX rates',
      service: 'ETL',
      cron: '25 12 ? * * *',
      enabled: false,
      calendar: 'TARGET',
      job: 'prod_node',
    });
    const content = {
      _id: 'FX',
      _type: 'VarProcess',
      _version: 77,
      _user: 'me',
      _tag: ['X'],
      name: 'Another name',
      script: 'Fx',
      job: null,
    };
    const seen = await odsl.observed('new-version', content);
    expect(seen.items).toMatchObject([{ effect: 'new_version', name: 'FX rates' }]);
    await odsl.sendImport(seen);
    expect(await odsl.content('FX')).toEqual({
      name: 'FX rates',
      script: 'Fx',
      enabled: false,
      calendar: 'TARGET',
    });
    expect(await odsl.shown('/Another%20name')).toBeNull();
  });

  test('makes a process under its key, whatever its name', async () => {
    const content = { _id: 'FX', name: 'FX rates', script: 'Fx' };
    const seen = await odsl.observed('error', content);
    expect(seen.items).toMatchObject([{ process: 'FX', name: 'FX', effect: 'created' }]);
    await odsl.sendImport(seen);
    expect(await odsl.content('FX')).toMatchObject({ name: 'FX' });
    expect(await imported('new-version', content)).toEqual(['FX unchanged 1']);
  });

  test('takes every version as it was downloaded, back to where it came from', async () => {
    for (const description of ['first', 'second', 'third'])
      await saved({ _id: 'FX', name: 'FX rates', script: 'Fx', description, tags: ['a'] });
    const third = await odsl.downloaded('FX', '3');
    expect(await imported('new-version', third.content, third.name)).toEqual(['FX unchanged 3']);
    const first = await odsl.downloaded('FX', '1');
    expect(JSON.parse(String(first.content))).not.toMatchObject({ _id: 'FX' });
    expect(await imported('new-version', first.content, first.name)).toEqual(['FX new_version 4']);
    expect(await odsl.content('FX')).toMatchObject({ name: 'FX rates', description: 'first' });
    const second = await odsl.downloaded('FX', '2');
    // Saved under another name, what the process is called tells.
    expect(await imported('new-version', second.content, 'old.json')).toEqual(['FX new_version 5']);
  });

  test('takes versions as they were downloaded to where there is no such process', async () => {
    for (const description of ['first', 'second'])
      await saved({ _id: 'FX', name: 'FX rates', script: 'Fx', description });
    const files = [await odsl.downloaded('FX', '1'), await odsl.downloaded('SMOKE_TEST', 'latest')];
    await odsl.others('DELETE', '/FX/*');
    await odsl.others('DELETE', '/SMOKE_TEST/*');
    // Another process may be called as that one was.
    await saved({ _id: 'GX', name: 'FX rates' });
    const stored = await Promise.all(files.map(({ content, name }) => odsl.upload(content, name)));
    const seen = await odsl.observe(odsl.import.prepare({ files: stored, onConflict: 'error' }));
    expect(effectsOf(await odsl.sendImport(seen))).toEqual([
      'FX created 1',
      'SMOKE_TEST created 1',
    ]);
    expect(await odsl.content('FX')).toMatchObject({ description: 'first' });
    expect(await odsl.content('GX')).toEqual({ name: 'FX rates' });
    expect(odsl.opened).toEqual(stored.map(({ id }) => id));
  });

  test('of an older version that may be one of several processes says so, and sends nothing', async () => {
    await saved({ _id: 'FX', name: 'FX', script: 'A' }, { _id: 'FX', name: 'FX', script: 'B' });
    const { content } = await odsl.downloaded('FX', '1');
    const other = String(content).replace('"name":"FX"', '"name":"Rates"');
    await saved({ _id: 'GX', name: 'Rates' }, { _id: 'HX', name: 'Rates' });
    const seen = await odsl.observed('new-version', other);
    expect(seen.items).toMatchObject([
      {
        effect: 'conflict',
        problem: { code: 'conflict', detail: expect.stringContaining('Rates') },
      },
    ]);
  });

  test('of files that bring one process twice is in conflict', async () => {
    const files = [{ _id: 'FX', script: 'A' }, { _id: 'GX' }, { _id: 'FX', script: 'B' }];
    const seen = await odsl.observed('new-version', ...files);
    expect(effectsOf(seen)).toEqual(['FX created -', 'GX created -', 'FX conflict -']);
    expect(seen.items[2]).toMatchObject({ problem: { detail: expect.stringContaining('FX') } });
  });

  test('saves nothing over what others have saved since it was looked at, nor what comes after', async () => {
    await saved({ _id: 'FX', name: 'FX', script: 'Fx' }, { _id: 'GX', name: 'GX', script: 'Gx' });
    const file = ['EX', 'FX', 'GX'].map((_id) => ({ _id, script: 'New' }));
    const one = await odsl.observed('new-version', file[1]);
    const seen = await odsl.observed('new-version', file);
    await saved({ _id: 'FX', name: 'FX', script: 'Theirs', calendar: 'TARGET' });
    await expect(odsl.sendImport(one)).rejects.toMatchObject({ code: 'conflict' });
    const { items } = await odsl.sendImport(seen);
    expect(items.map(({ effect, problem }) => [effect, problem?.code])).toEqual([
      ['created', undefined],
      ['failed', 'conflict'],
      ['failed', 'conflict'],
    ]);
    expect(await odsl.content('FX')).toMatchObject({ script: 'Theirs', calendar: 'TARGET' });
    expect(await odsl.content('GX')).toMatchObject({ script: 'Gx' });
  });

  test('makes nothing where others have made it since, nor makes anew what has gone', async () => {
    const created = await odsl.observed('new-version', { _id: 'FX', script: 'New' });
    await odsl.history(1);
    const replaced = await odsl.observed('new-version', { _id: 'FX', script: 'New' });
    await expect(odsl.sendImport(created)).rejects.toMatchObject({ code: 'conflict' });
    await odsl.others('DELETE', '/FX/*');
    await expect(odsl.sendImport(replaced)).rejects.toMatchObject({ code: 'conflict' });
    expect(odsl.writes()).toEqual([]);
  });

  test('has an equal basis as long as nothing has changed that it depends on', async () => {
    await odsl.history(2);
    const evidence = await odsl.accepted('new-version', [
      { _id: 'FX', script: 'N' },
      { _id: 'GX' },
    ]);
    const bases: string[] = [];
    const look = async (): Promise<string> => {
      const { basis } = await odsl.observe(evidence);
      bases.push(JSON.stringify(basis));
      return bases.at(-1) ?? '';
    };
    await look();
    await odsl.others('POST', '', { _id: 'HX', name: 'HX' });
    expect(await look()).toBe(bases[0]);
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Fx', description: 'v3' });
    await look();
    await odsl.others('DELETE', '/FX');
    expect(await look()).toBe(bases[0]);
    await odsl.others('POST', '', { _id: 'GX', name: 'GX' });
    await look();
    await odsl.others('DELETE', '/FX/*');
    await look();
    expect(new Set(bases).size).toBe(4);
  });

  test('has another basis where a version was taken back and its number given anew', async () => {
    await odsl.history(2);
    const evidence = await odsl.accepted('new-version', { _id: 'FX', script: 'N' });
    const first = JSON.stringify((await odsl.observe(evidence)).basis);
    await odsl.others('DELETE', '/FX');
    const before = Date.now();
    while (Date.now() === before) await new Promise((done) => setImmediate(done));
    await odsl.others('POST', '', { _id: 'FX', name: 'FX', script: 'Theirs' });
    expect(JSON.stringify((await odsl.observe(evidence)).basis)).not.toBe(first);
  });

  test('is kept without its contents and its secrets, at every step', async () => {
    const script = 'x'.repeat(100_000);
    await saved({ _id: 'FX', name: 'FX', script: 'Fx', input: { password: 'old secret' } });
    const content = { _id: 'FX', script, input: { password: 'hunter2' } };
    const accepted = await odsl.accepted('new-version', content);
    const seen = await odsl.observe(accepted);
    for (const text of [accepted, seen].map((each) => JSON.stringify(each))) {
      expect(text).not.toMatch(/xxx|hunter2|old secret/);
      expect(text.length).toBeLessThan(4_000);
    }
    await odsl.sendImport(seen);
    expect(await odsl.content('FX')).toMatchObject({ script, input: { password: 'hunter2' } });
  });

  test('can be observed again with what it gave itself before', async () => {
    const first = await odsl.observed('new-version', { _id: 'FX', script: 'Fx' });
    await odsl.history(1);
    const second = await odsl.observe(first.evidence);
    expect(effectsOf(second)).toEqual(['FX new_version -']);
    expect(effectsOf(await odsl.sendImport(second))).toEqual(['FX new_version 2']);
  });

  test('reads each file once, and holds one at a time', async () => {
    const many = (name: string): object[] =>
      ['A', 'B', 'C'].map((each) => ({ _id: `${name}${each}`, script: each }));
    const seen = await odsl.observed('error', many('F'), many('G'));
    await odsl.sendImport(seen);
    expect(odsl.opened).toHaveLength(2);
    expect(await odsl.content('GC')).toMatchObject({ script: 'C' });
  });

  test('cannot be planned where the platform cannot be read', async () => {
    const evidence = await odsl.accepted('error', { _id: 'FX' });
    odsl.sandbox.faults.add({ method: 'GET', fault: { kind: 'status', status: 503 } });
    await expect(odsl.observe(evidence)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    await expect(odsl.observe({ request: {} })).rejects.toMatchObject({ code: 'internal' });
  });

  test('of as much as is taken stays small and is done', async () => {
    const content = Array.from({ length: 200 }, (_, at) => ({
      _id: `PROCESS_${at}`,
      service: 'ETL',
      description: `Number ${at}`,
      workflow: '#wf_csv_data_loader',
      cron: '25 12 ? * MON-FRI *',
      enabled: true,
      input: { at },
      properties: { owner: 'us' },
      settings: { retries: 3 },
      tags: ['a', 'b'],
    }));
    const seen = await odsl.observed('error', content);
    expect(JSON.stringify(seen.evidence).length).toBeLessThan(350_000);
    const receipt = await odsl.sendImport(seen);
    expect(new Set(receipt.items.map(({ effect }) => effect))).toEqual(new Set(['created']));
    expect(odsl.effects()).toHaveLength(200);
  }, 120_000);
});
