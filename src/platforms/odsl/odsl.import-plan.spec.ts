import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ConflictMode } from '../../domain/import.ts';
import type { Native } from '../../domain/native.ts';
import { effectsOf, ImportedOdsl } from './odsl.imports.testing.ts';

const ids = ['AX', 'BX', 'CX', 'DX', '__proto__', 'toString'];
const modes: readonly ConflictMode[] = ['error', 'use-existing', 'new-version'];
const settings = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 1 }), {
  maxKeys: 2,
});
const label = fc.constantFrom('x', 'y');

/** What the platform keeps itself, and the name. */
const keptBack = ['_version', '_user', 'name'];

/** Few values, so that many are equal. */
const members = fc.record(
  {
    service: fc.constantFrom('ETL', '', null),
    description: fc.constantFrom('one', 'two', null),
    script: fc.constantFrom('Fx', 'Gx', ''),
    cron: fc.constantFrom('25 12 ? * * *', null),
    enabled: fc.option(fc.boolean()),
    input: fc.oneof(settings, fc.constant({ password: 'hunter2' }), fc.constant({})),
    settings: fc.option(settings),
    tags: fc.array(label, { maxLength: 2 }),
    calendar: fc.constantFrom('TARGET', null),
    name: fc.constantFrom('A name', 'AX', 'BX'),
    _version: fc.integer({ min: 1, max: 9 }),
    _user: fc.constant('somebody'),
  },
  { requiredKeys: [] },
);
const configurations = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...ids), members), { selector: ([id]) => id, maxLength: 5 })
  .map((each) => each.map(([_id, more]) => written({ _id, ...more })));

describe('the plan of an import into OpenDataDSL', () => {
  const odsl = new ImportedOdsl();
  const versionsOf = async (id: string): Promise<number> => (await odsl.versions(id)).length;

  test('is what it does then, and once it is done nothing is left to do', async () => {
    const met = new Set<string>();
    const holds = fc.asyncProperty(
      fc.array(configurations, { maxLength: 2 }),
      configurations.filter((each) => each.length > 0),
      fc.subarray(ids),
      fc.constantFrom(...modes),
      async (history, drawn, same, mode) => {
        odsl.sandbox.reset();
        const stood = history.flat().map((each) => ({ ...each, name: each.name ?? each._id }));
        for (const each of stood) await odsl.others('POST', '', each);
        const content = drawn.map(
          (each) => stood.findLast(({ _id }) => _id === each._id && same.includes(_id)) ?? each,
        );
        const before = await Promise.all(content.map(({ _id }) => versionsOf(_id)));
        const seen = await odsl.observed(mode, content);
        const planned = seen.items.map(({ effect }) => effect);
        for (const effect of planned) met.add(`${mode} ${effect}`);
        if (planned.includes('conflict')) return;
        const { items } = await odsl.sendImport(seen);
        expect(items.map(({ effect }) => effect)).toEqual(planned);
        for (const [at, { _id }] of content.entries()) {
          const versions = await odsl.versions(_id);
          const isMade = planned[at] === 'created' || planned[at] === 'new_version';
          expect(versions).toHaveLength((before[at] ?? 0) + (isMade ? 1 : 0));
          expect(items[at]?.version).toBe(versions[0]);
        }
        const again = effectsOf(await odsl.observed('new-version', content));
        const left = again.filter((each) => !each.includes(' unchanged '));
        if (mode === 'new-version') expect(left).toEqual([]);
        expect(await odsl.look(seen)).toMatchObject({ state: 'applied' });
      },
    );
    await fc.assert(holds, { numRuns: 80 });
    // All of them were there.
    expect([...met].sort()).toEqual(
      expect.arrayContaining([
        'error conflict',
        'error created',
        'new-version created',
        'new-version new_version',
        'new-version unchanged',
        'use-existing created',
        'use-existing kept',
      ]),
    );
  }, 240_000);

  test('holds nothing back that was to be saved', async () => {
    const holds = fc.asyncProperty(configurations, configurations, async (stood, content) => {
      fc.pre(content.length > 0);
      odsl.sandbox.reset();
      for (const each of stood) await odsl.others('POST', '', { ...each, name: each._id });
      await odsl.sendImport(await odsl.observed('new-version', content));
      for (const { _id, ...wished } of content) {
        const stands = (await odsl.content(_id)) ?? {};
        for (const [member, value] of Object.entries(wished))
          if (keptBack.includes(member))
            expect(stands[member]).toBe(member === 'name' ? _id : undefined);
          else if (!isEmpty(value)) expect(stands[member]).toEqual(value);
          else expect(isEmpty(stands[member])).toBe(true);
      }
    });
    await fc.assert(holds, { numRuns: 40 });
  }, 120_000);
});

/** As files say it: -0 is 0 there. */
function written<T extends Native>(configuration: T): T {
  return JSON.parse(JSON.stringify(configuration)) as T;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
