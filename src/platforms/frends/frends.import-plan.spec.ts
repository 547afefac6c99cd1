import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { conflictModes } from '../../domain/import.ts';
import { type Exported, fileOf, ImportingFrends, packageOf } from './frends.import.testing.ts';

/** Processes of a random file: some that stand, one that was deleted, and new ones. */
const kinds = ['Dunning letters', 'Credit check', 'Smoke test', 'deleted', 'new', 'other'] as const;
const isMaking = (mode: string): boolean => mode === 'new-active' || mode === 'new-inactive';

describe('the plan of an import into Frends', () => {
  const frends = new ImportingFrends();
  const deleted = 'Payroll export';

  const templates = new Map<string, Exported>();

  const members = (kind: (typeof kinds)[number], content: number): Exported => {
    const template = templates.get(kind) ?? { Name: kind, UniqueIdentifier: randomUUID() };
    return { ...templates.get('Credit check'), ...template, Bpmn: `<a n="${content}"/>` };
  };

  const remove = async (): Promise<void> => {
    const { evidence } = await frends.prepare(frends.parts.deletion, {
      key: frends.key(deleted),
      confirm: 'undeploy',
    });
    await frends.send(frends.parts.deletion, evidence);
  };

  test.each(conflictModes)(
    'in mode %s is what it does, whatever the file holds',
    async (mode) => {
      for (const kind of kinds.slice(0, 3)) templates.set(kind, await frends.exported(kind));
      templates.set('deleted', await frends.exported(deleted));
      const files = fc.uniqueArray(fc.tuple(fc.constantFrom(...kinds), fc.nat(3)), {
        selector: ([kind]) => kind,
        minLength: 1,
      });
      await fc.assert(
        fc.asyncProperty(files, async (file) => {
          frends.sandbox.reset();
          const processes = file.map(([kind, content]) => members(kind, content));
          if (file.some(([kind]) => kind === 'deleted')) await remove();
          const { items, evidence } = await frends.observed(processes, mode);
          if (items.some(({ effect }) => effect === 'conflict')) {
            expect(mode).toBe('error');
            const stand = file.filter(([kind]) => !['deleted', 'new', 'other'].includes(kind));
            expect(items.filter(({ effect }) => effect === 'conflict')).toHaveLength(stand.length);
            expect(frends.made()).toEqual([]);
            return;
          }
          const sent = await frends.sendImport(evidence);
          expect(sent.items.map(({ effect, name }) => [effect, name])).toEqual(
            items.map(({ effect, name }) => [effect, name]),
          );
          if (!isMaking(mode))
            expect(sent.items.map(({ process }) => process)).toEqual(
              items.map(({ process }) => process),
            );
          const made = sent.items.filter(({ effect }) => effect !== 'kept');
          expect(
            made.map(({ process: guid, version }) => ({ guid, version: Number(version) })),
          ).toEqual(frends.made());
        }),
        { numRuns: 25 },
      );
    },
    120_000,
  );

  test('of a promotion is about versions and content, and not about the bytes of an export', async () => {
    const { digestOf } = frends.part;
    const digest = async (text: string): Promise<string | undefined> => {
      const file = packageOf(text);
      return digestOf?.({ ...file, ...(await frends.part.inspect(file, frends.signal())) });
    };
    const process = await frends.exported('Dunning letters');
    const first = await digest(fileOf([process]));
    const rewritten = {
      Version: 'Acc42',
      Processes: [Object.fromEntries(Object.entries(process).reverse())],
    };
    expect(await digest(JSON.stringify(rewritten, null, 2))).toBe(first);
    const others = [
      { Version: 99 },
      { Bpmn: '<else/>' },
      { Name: 'Else' },
      { ElementParameters: '' },
    ];
    for (const other of others)
      expect(await digest(fileOf([{ ...process, ...other }]))).not.toBe(first);
    // Of what has nothing to compare only the bytes can tell.
    const undrawn = { ...process, Bpmn: '' };
    expect(await digest(fileOf([undrawn]))).toBe(packageOf(fileOf([undrawn])).sha256);
  });
});
