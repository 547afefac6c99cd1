import { describe, expect, test } from '@jest/globals';
import type { ConflictMode } from '../../domain/import.ts';
import { ImportingFrends } from './frends.import.testing.ts';

const dunning = 'Dunning letters';

describe('an import into Frends', () => {
  const frends = new ImportingFrends();

  test('that the platform refuses as a whole is refused', async () => {
    const bad = await frends.unknown('Bad', { ElementParameters: '["#error no"]' });
    const { evidence } = await frends.observed([bad], 'new-version');
    await expect(frends.sendImport(evidence)).rejects.toMatchObject({
      code: 'upstream_rejected',
      message: expect.stringContaining('CS1029'),
    });
    expect(frends.effects()).toEqual([]);
  });

  test.each<[ConflictMode, string]>([
    ['error', 'created'],
    ['use-existing', 'created'],
    ['new-version', 'new_version'],
    ['new-active', 'created'],
    ['new-inactive', 'created'],
  ])('of which the platform refuses a part says which part, in mode %s', async (mode, effect) => {
    const stays = mode.startsWith('new')
      ? await frends.exported(dunning)
      : await frends.unknown('First');
    const bad = await frends.unknown('Second', { Modifier: null });
    const { evidence } = await frends.observed([stays, bad, await frends.unknown('Third')], mode);
    const { items } = await frends.sendImport(evidence);
    expect(items.map((item) => item.effect)).toEqual([effect, 'failed', 'failed']);
    expect(items[0]).toMatchObject({ process: frends.made()[0]?.guid, problem: null });
    const problem = { code: 'upstream_rejected', detail: expect.stringContaining("'Modifier'") };
    expect(items[1]).toMatchObject({ process: bad['UniqueIdentifier'], version: null, problem });
    expect(frends.made()).toHaveLength(1);
  });

  test('that is refused, with what it met nowhere to be seen, is neither refused nor done', async () => {
    const { evidence } = await frends.observed(
      [await frends.unknown('A', { Modifier: null })],
      'error',
    );
    frends.sandbox.faults.add({
      method: 'GET',
      path: '/processes',
      fault: { kind: 'status', status: 500 },
    });
    await expect(frends.sendImport(evidence)).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringContaining("'Modifier'"),
      details: { sent: 'maybe' },
    });
  });

  test.each([
    ['the same', {}],
    ['another', { ElementParameters: '["theirs"]' }],
  ])('of which somebody else has made %s meanwhile is a conflict', async (_, others) => {
    const raced = await frends.unknown('Raced');
    const { evidence } = await frends.observed([raced], 'error');
    await frends.importElsewhere([{ ...raced, ...others }], 'Error');
    await expect(frends.sendImport(evidence)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('already exists'),
      details: { upstream: { status: 400 } },
    });
  });

  test('that is refused for another reason is no conflict, though somebody else was quicker', async () => {
    const raced = await frends.unknown('Raced');
    const { evidence } = await frends.observed([raced], 'error');
    await frends.importElsewhere([raced], 'Error');
    const detail = "error CS0103: The name 'x' does not exist in the current context";
    frends.sandbox.faults.add({
      path: '/processes/batch-import',
      fault: { kind: 'status', status: 400, body: JSON.stringify({ detail }) },
    });
    await expect(frends.sendImport(evidence)).rejects.toMatchObject({
      code: 'upstream_rejected',
      message: expect.stringContaining(detail),
    });
  });
});
