import { describe, expect, test } from '@jest/globals';
import { type ConflictMode, conflictModes } from '../../domain/import.ts';
import type { FaultRequest } from '../../sandbox/kit/faults.ts';
import { type Exported, ImportingFrends } from './frends.import.testing.ts';

const dunning = 'Dunning letters';
const place = '/processes/batch-import';

describe('an import into Frends whose answer is lost', () => {
  const frends = new ImportingFrends();

  const fault = (path: string, kind: FaultRequest['fault'], times = 1): void => {
    frends.sandbox.faults.add({ path, times, fault: kind });
  };
  /** What the mode makes something of: a process that stands, or one that does not. */
  const own = (mode: ConflictMode): Promise<Exported> =>
    mode.startsWith('new') ? frends.exported(dunning) : frends.unknown('Own');
  const effect = (mode: ConflictMode): string =>
    mode === 'new-version' ? 'new_version' : 'created';
  const isOnce = (mode: ConflictMode): boolean => mode === 'new-active' || mode === 'new-inactive';

  test.each(conflictModes)(
    'after it was done is found by what it made, in mode %s',
    async (mode) => {
      const { evidence } = await frends.observed(
        [await own(mode), await frends.unknown('B')],
        mode,
      );
      fault(place, { kind: 'resetAfterEffect' });
      await expect(frends.sendImport(evidence)).rejects.toMatchObject({
        details: { sent: 'maybe' },
      });
      const found = await frends.lookAgain(evidence);
      expect(found).toMatchObject({
        state: 'applied',
        receipt: { items: [{ effect: effect(mode), problem: null }, { effect: 'created' }] },
      });
      const items = found.state === 'applied' ? found.receipt.items : [];
      expect(
        items.map(({ process: guid, version }) => ({ guid, version: Number(version) })),
      ).toEqual(frends.made());
    },
  );

  test.each(conflictModes)('before anything was done is absent, in mode %s', async (mode) => {
    const { evidence } = await frends.observed([await own(mode), await frends.unknown('B')], mode);
    fault(place, { kind: 'reset' });
    await expect(frends.sendImport(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    const absent = { state: 'absent', ...(isOnce(mode) ? { again: false } : {}) };
    expect(await frends.lookAgain(evidence)).toEqual(absent);
    expect(frends.effects()).toEqual([]);
  });

  test('because nobody answers in the time of imports may have been done', async () => {
    const slow = frends.adapter(frends.sandbox.url, { importTimeout: '300ms' }).parts.import!;
    const { evidence } = await frends.observed([await own('error')], 'error', slow);
    fault(place, { kind: 'hang' });
    await expect(frends.sendImport(evidence, {}, slow)).rejects.toMatchObject({
      code: 'upstream_timeout',
      details: { sent: 'maybe' },
    });
    expect(await frends.lookAgain(evidence)).toEqual({ state: 'absent' });
  });

  test('though requests otherwise time out sooner is waited for', async () => {
    const quick = frends.adapter(frends.sandbox.url, { timeout: '1s' }).parts.import!;
    const { evidence } = await frends.observed([await own('error')], 'error', quick);
    fault(place, { kind: 'latency', ms: 1_500 });
    const { items } = await frends.sendImport(evidence, {}, quick);
    expect(items).toMatchObject([{ effect: 'created', version: '1' }]);
  });

  test.each([
    ['a web page', { kind: 'html' }],
    ['JSON that is none', { kind: 'garbage' }],
    ['an answer that breaks off', { kind: 'truncated' }],
    ['a gateway that has waited', { kind: 'status', status: 504 }],
    ['a failure', { kind: 'status', status: 500 }],
  ] as const)('in %s may have been done', async (_name, kind) => {
    const { evidence } = await frends.observed([await own('new-version')], 'new-version');
    fault(place, kind);
    await expect(frends.sendImport(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    const { state } = await frends.lookAgain(evidence);
    expect(state).toBe(kind.kind === 'truncated' ? 'applied' : 'absent');
  });

  test.each(['', '{}', '{"data":null}', 'OK'])(
    'to a yes that names nothing (%s) is done all the same',
    async (body) => {
      const { evidence } = await frends.observed([await own('new-version')], 'new-version');
      await frends.importElsewhere([await own('new-version')], 'NewVersion');
      fault(place, { kind: 'status', status: 200, body });
      const { items } = await frends.sendImport(evidence);
      expect(items).toMatchObject([{ effect: 'new_version', version: '4' }]);
    },
  );

  test('to a yes of which nothing shows yet is looked for later, and not called failed', async () => {
    const { evidence } = await frends.observed([await own('new-active')], 'new-active');
    fault(place, { kind: 'status', status: 200, body: '{}' });
    expect(await frends.sendImport(evidence)).toEqual({ items: [] });
    expect(await frends.lookAgain(evidence, true)).toEqual({ state: 'absent', again: false });
  });

  test('to a yes of which a part shows is not called done', async () => {
    const file = [await frends.unknown('A'), await frends.unknown('B')];
    const { evidence } = await frends.observed(file, 'error');
    await frends.importElsewhere(file.slice(0, 1), 'Error');
    expect(await frends.lookAgain(evidence, true)).toEqual({
      state: 'undecided',
      why: 'Frends shows 1 of 2 processes of the file.',
      candidates: [],
    });
  });

  test.each(conflictModes)(
    'after half of it was done is done in part, in mode %s',
    async (mode) => {
      const bad = await frends.unknown('Bad', { Modifier: null });
      const { evidence } = await frends.observed([await own(mode), bad], mode);
      fault(place, { kind: 'resetAfterEffect' });
      await expect(frends.sendImport(evidence)).rejects.toMatchObject({
        details: { sent: 'maybe' },
      });
      const found = await frends.lookAgain(evidence);
      expect(found).toMatchObject({
        state: 'partial',
        receipt: {
          items: [
            { effect: effect(mode), process: frends.made()[0]?.guid, problem: null },
            { effect: 'failed', process: bad['UniqueIdentifier'], version: null },
          ],
        },
      });
      expect('again' in found ? found.again : undefined).toBe(
        mode === 'use-existing' ? undefined : false,
      );
    },
  );

  test('after half of it was done is gone on with in mode use-existing, and told as one', async () => {
    const file = [
      await frends.exported(dunning),
      await frends.unknown('A'),
      await frends.unknown('B'),
    ];
    const { evidence } = await frends.observed(file, 'use-existing');
    await frends.importElsewhere(file.slice(0, 2), 'UseExisting');
    expect(await frends.lookAgain(evidence)).toMatchObject({ state: 'partial' });
    const { items } = await frends.sendImport(evidence);
    expect(items.map(({ effect: each, version }) => [each, version])).toEqual([
      ['kept', '3'],
      ['created', '1'],
      ['created', '1'],
    ]);
    expect(frends.made()).toHaveLength(2);
  });

  test.each<ConflictMode>(['error', 'use-existing', 'new-version'])(
    'is not proved by what somebody else has made of the same process, in mode %s',
    async (mode) => {
      const process = await own(mode);
      const { evidence } = await frends.observed([process], mode);
      fault(place, { kind: 'reset' });
      await expect(frends.sendImport(evidence)).rejects.toMatchObject({ details: {} });
      await frends.importElsewhere([{ ...process, Bpmn: '<else/>' }], 'NewVersion');
      expect(await frends.lookAgain(evidence)).toMatchObject({
        state: 'undecided',
        why: expect.stringContaining('of other content than the file'),
        candidates: [process['UniqueIdentifier']],
      });
    },
  );

  test.each(['', ' (1)'])('is not proved by a new process of its name%s', async (suffix) => {
    const { evidence } = await frends.observed([await frends.exported(dunning)], 'new-active');
    fault(place, { kind: 'reset' });
    await expect(frends.sendImport(evidence)).rejects.toMatchObject({ details: {} });
    const other = await frends.unknown('Else', { Name: `${dunning}${suffix}` });
    await frends.importElsewhere([other], 'Error');
    expect(await frends.lookAgain(evidence)).toMatchObject({
      state: 'undecided',
      why: expect.stringContaining('somebody else may have made it'),
      candidates: [other['UniqueIdentifier']],
    });
  });

  test('is found under another name, by what it does', async () => {
    const file = [await frends.exported(dunning)];
    const { evidence } = await frends.observed(file, 'new-active');
    const renamed = { ...file[0], Name: 'Renamed' };
    await frends.importElsewhere([renamed], 'NewActiveElement');
    expect(await frends.lookAgain(evidence)).toMatchObject({
      state: 'applied',
      receipt: { items: [{ process: frends.made()[0]?.guid, version: '1' }] },
    });
  });

  test('has nothing to do with new processes of others', async () => {
    const { evidence } = await frends.observed([await frends.exported(dunning)], 'new-active');
    await frends.importElsewhere([await frends.unknown('Unlike')], 'Error');
    expect(await frends.lookAgain(evidence)).toEqual({ state: 'absent', again: false });
  });

  test('and of which more than one may be it names all of them', async () => {
    const process = await frends.exported(dunning);
    const { evidence } = await frends.observed([process], 'new-inactive');
    await frends.importElsewhere([process], 'NewInactiveElement');
    await frends.importElsewhere([process], 'NewInactiveElement');
    const found = await frends.lookAgain(evidence);
    const [item] = found.state === 'applied' ? found.receipt.items : [];
    expect(item).toMatchObject({ effect: 'created', version: null });
    for (const { guid } of frends.made()) expect(item?.problem?.detail).toContain(guid);
  });

  test('is never called absent on a list that cannot be read to its end', async () => {
    const { evidence } = await frends.observed([await own('error')], 'error');
    fault('/processes\\?', { kind: 'status', status: 500 }, 3);
    await expect(frends.lookAgain(evidence)).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
  });

  test('is not called done where the content cannot be compared', async () => {
    const process = await own('new-version');
    const { evidence } = await frends.observed([process], 'new-version');
    await frends.importElsewhere([process], 'NewVersion');
    fault('/batch-export', { kind: 'status', status: 404 });
    expect(await frends.lookAgain(evidence)).toMatchObject({ state: 'undecided' });
    fault('/batch-export', { kind: 'status', status: 500 }, 3);
    await expect(frends.lookAgain(evidence)).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
  });

  test('is not called absent when what it made was deleted meanwhile', async () => {
    const process = await frends.unknown('Short-lived');
    const { evidence } = await frends.observed([process], 'error');
    await frends.importElsewhere([process], 'Error');
    const deletion = await frends.prepare(frends.parts.deletion, {
      key: String(process['UniqueIdentifier']),
      confirm: null,
    });
    await frends.send(frends.parts.deletion, deletion.evidence);
    expect(await frends.lookAgain(evidence)).toMatchObject({ state: 'undecided' });
  });
});
