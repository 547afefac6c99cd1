import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { ConflictMode } from '../../domain/import.ts';
import { type Exported, ImportingFrends } from './frends.import.testing.ts';

const dunning = 'Dunning letters';
const creditCheck = 'Credit check';

describe('an import into Frends', () => {
  const frends = new ImportingFrends();

  const effectsOf = async (
    processes: readonly Exported[],
    mode: ConflictMode,
  ): Promise<readonly (readonly [string, string | null])[]> => {
    const { evidence } = await frends.observed(processes, mode);
    const { items } = await frends.sendImport(evidence);
    return items.map(({ effect, version }) => [effect, version]);
  };

  test.each<[ConflictMode, string]>([
    ['error', 'Error'],
    ['use-existing', 'UseExisting'],
    ['new-version', 'NewVersion'],
    ['new-active', 'NewActiveElement'],
    ['new-inactive', 'NewInactiveElement'],
  ])('makes what is not there yet, in mode %s', async (mode, word) => {
    const made = await frends.unknown('Brand new', { Name: 'Brand new' });
    const guid = String(made['UniqueIdentifier']);
    const { items, evidence } = await frends.observed([made], mode);
    const planned = { process: guid, name: 'Brand new', deployment: null, problem: null };
    expect(items).toEqual([{ ...planned, version: null, versionId: null, effect: 'created' }]);
    const sent = await frends.sendImport(evidence);
    const [{ version, versionId } = { version: '', versionId: '' }] = sent.items;
    expect(sent.items).toEqual([{ ...planned, version: '1', versionId, effect: 'created' }]);
    expect(await frends.parts.processes.resolve(String(versionId), frends.signal())).toEqual({
      key: guid,
      version,
    });
    expect(frends.sandbox.ledger()).toMatchObject([{ details: { guid, mode: word } }]);
  });

  test('of one that stands is a conflict in mode error, and nothing is sent', async () => {
    const stands = await frends.exported(dunning);
    const { items, evidence } = await frends.observed(
      [await frends.unknown('New'), stands],
      'error',
    );
    expect(items).toMatchObject([
      { effect: 'created', version: null },
      { effect: 'conflict', process: frends.key(dunning), name: dunning, version: '3' },
    ]);
    const departures = frends.permits;
    await expect(frends.sendImport(evidence)).rejects.toMatchObject({ details: { sent: 'no' } });
    expect([frends.permits - departures, frends.effects()]).toEqual([0, []]);
  });

  test('of what stands asks for nothing in mode use-existing', async () => {
    const file = [await frends.exported(dunning), await frends.exported(creditCheck)];
    const { items, evidence } = await frends.observed(file, 'use-existing');
    expect(items.map(({ effect, version }) => [effect, version])).toEqual([
      ['kept', '3'],
      ['kept', '15'],
    ]);
    const departures = frends.permits;
    expect(await frends.sendImport(evidence)).toEqual({ items });
    expect([frends.permits - departures, frends.effects()]).toEqual([0, []]);
  });

  test('keeps what stands and makes the rest in mode use-existing', async () => {
    const file = [await frends.exported(dunning), await frends.unknown('New')];
    expect(await effectsOf(file, 'use-existing')).toEqual([
      ['kept', '3'],
      ['created', '1'],
    ]);
  });

  test('makes new versions in mode new-version, and says their numbers', async () => {
    const other = await frends.exported(creditCheck, { Bpmn: '<changed/>' });
    const upper = { UniqueIdentifier: frends.key(dunning).toUpperCase() };
    const file = [await frends.exported(dunning, upper), other, await frends.unknown('New')];
    const { items, evidence } = await frends.observed(file, 'new-version');
    expect(items.map(({ effect }) => effect)).toEqual(['new_version', 'new_version', 'created']);
    const sent = await frends.sendImport(evidence);
    expect(sent.items.map(({ effect, version }) => [effect, version])).toEqual([
      ['new_version', '4'],
      ['new_version', '16'],
      ['created', '1'],
    ]);
    expect(frends.made()).toEqual(
      sent.items.map(({ process: guid, version }) => ({ guid, version: Number(version) })),
    );
  });

  test('of one that was deleted makes it, with a number that was never used', async () => {
    const file = [await frends.exported(dunning)];
    const { evidence } = await frends.prepare(frends.parts.deletion, {
      key: frends.key(dunning),
      confirm: 'undeploy',
    });
    await frends.send(frends.parts.deletion, evidence);
    expect(await effectsOf(file, 'error')).toEqual([['created', '4']]);
  });

  test.each<[ConflictMode, boolean]>([
    ['new-active', true],
    ['new-inactive', false],
  ])('of what stands makes a further process in mode %s', async (mode, isActive) => {
    const file = [await frends.exported(dunning), await frends.exported(creditCheck)];
    const { items, evidence } = await frends.observed(file, mode);
    expect(items).toMatchObject([
      { process: frends.key(dunning), effect: 'created', version: null },
      { process: frends.key(creditCheck), effect: 'created', version: null },
    ]);
    const sent = await frends.sendImport(evidence);
    expect(sent.items.map(({ process: guid }) => ({ guid, version: 1 }))).toEqual(frends.made());
    expect(sent.items).toMatchObject([
      { name: dunning, effect: 'created', version: '1', problem: null },
      { name: creditCheck, effect: 'created', version: '1', problem: null },
    ]);
    const [first = ''] = sent.items.map(({ process }) => process);
    expect(first).not.toBe(frends.key(dunning));
    const deployments = await frends.parts.deployments.list(first, frends.signal());
    expect(deployments?.map(({ triggersActive }) => triggersActive)).toEqual([isActive]);
  });

  test.each([
    ['one name', 'Same', 'Same'],
    ['long names that begin alike', `${'n'.repeat(300)} 1`, `${'n'.repeat(300)} 2`],
  ])('tells new processes of %s apart by what they do', async (_, one, another) => {
    const file = [
      await frends.exported(dunning, { Name: one }),
      await frends.exported(creditCheck, { Name: another, Bpmn: '<other/>' }),
    ];
    const { evidence } = await frends.observed(file, 'new-inactive');
    const { items } = await frends.sendImport(evidence);
    expect(items.map(({ process: guid }) => ({ guid, version: 1 }))).toEqual(frends.made());
  });

  test('says so where new processes cannot be told apart', async () => {
    const undrawn = { Name: 'Same', Bpmn: null };
    const file = [
      await frends.exported(dunning, undrawn),
      await frends.exported(creditCheck, undrawn),
    ];
    const { evidence } = await frends.observed(file, 'new-inactive');
    const { items } = await frends.sendImport(evidence);
    const [first, second] = frends.made();
    for (const item of items) {
      expect(item).toMatchObject({ effect: 'created', version: null, versionId: null });
      expect(item.problem?.detail).toContain(first?.guid);
      expect(item.problem?.detail).toContain(second?.guid);
    }
  });

  test('whose effect cannot be looked up has no items, and is found later', async () => {
    const { evidence } = await frends.observed([await frends.exported(dunning)], 'new-version');
    frends.sandbox.faults.add({
      method: 'GET',
      path: '/processes',
      fault: { kind: 'status', status: 500 },
    });
    expect(await frends.sendImport(evidence)).toEqual({ items: [] });
    frends.sandbox.faults.clear();
    expect(await frends.lookAgain(evidence, true)).toMatchObject({
      state: 'applied',
      receipt: { items: [{ effect: 'new_version', version: '4' }] },
    });
  });

  test('keeps its basis until something changes that it depends on', async () => {
    const file = [await frends.exported(dunning), await frends.unknown('New')];
    const { basis } = await frends.observed(file, 'new-version');
    await frends.importElsewhere([await frends.exported(creditCheck)], 'NewVersion');
    expect((await frends.observed(file, 'new-version')).basis).toEqual(basis);
    await frends.importElsewhere([await frends.exported(dunning)], 'NewVersion');
    expect((await frends.observed(file, 'new-version')).basis).not.toEqual(basis);
  });

  test('keeps little of a file, and nothing that is in it', async () => {
    const secret = `secret-${randomUUID()}`;
    const heavy = {
      Bpmn: `<a>${secret.repeat(10_000)}</a>`,
      ProcessVariablesJson: `[{"Value":"${secret}"}]`,
    };
    const { evidence, basis } = await frends.observed(
      [await frends.unknown('Heavy', heavy)],
      'new-active',
    );
    const kept = JSON.stringify({ evidence, basis });
    expect(kept).not.toContain(secret);
    expect(kept.length).toBeLessThan(2_500);
  });

  test('of more processes than can be asked for one by one is held against the whole list', async () => {
    const template = await frends.unknown('Many');
    const many = Array.from({ length: 60 }, (_, index) => ({
      ...template,
      Name: `Many ${index}`,
      UniqueIdentifier: randomUUID(),
    }));
    const { evidence } = await frends.observed(many, 'error');
    frends.sandbox.forget();
    const { items } = await frends.sendImport(evidence);
    expect(items.map(({ process, version }) => [process, version])).toEqual(
      many.map(({ UniqueIdentifier }) => [UniqueIdentifier, '1']),
    );
    expect(frends.sandbox.requests().length).toBeLessThan(10);
  });

  test('is one file', async () => {
    const { id, name, length, sha256 } = { id: 'a', name: 'a', length: 1, sha256: '' };
    const file = { id, name, length, sha256, items: [], contents: { prints: [] } };
    expect(() => frends.part.prepare({ files: [file, file], onConflict: 'error' })).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
    expect(frends.part.takesOneFile).toBe(true);
    await expect(frends.part.observe({ file: 1 }, frends.signal())).rejects.toMatchObject({
      code: 'internal',
      details: { sent: 'no' },
    });
  });

  test('may take as long as the connection says, and a look as long as two walks', () => {
    const settings = { importTimeout: '25m', listTimeout: '3m' };
    const part = frends.adapter(frends.sandbox.url, settings).parts.import;
    expect([part?.timeoutMs, part?.lookMs]).toEqual([25 * 60_000, 6 * 60_000]);
  });
});
