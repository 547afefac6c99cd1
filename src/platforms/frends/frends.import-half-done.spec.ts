import { describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeReceipt } from '../../domain/change.ts';
import type { ConflictMode } from '../../domain/import.ts';
import type { Native } from '../../domain/native.ts';
import { deadline } from '../../timing/deadline.ts';
import { ImportingFrends } from './frends.import.testing.ts';

const frends = new ImportingFrends();
const nothing = JSON.stringify({ data: [], paging: { totalCount: 0 } });
const refused = { code: 'upstream_rejected', message: expect.stringContaining("'Modifier'") };

/** A file of several processes, the last of which the platform refuses, as it stands before it is sent. */
async function halfBad(good: number, mode: ConflictMode = 'error'): Promise<Native> {
  const file = [];
  for (let at = 0; at < good; at += 1) file.push(await frends.unknown(`Good ${at}`));
  file.push(await frends.unknown('Bad', { Modifier: null }));
  return (await frends.observed(file, mode)).evidence;
}

/** So many lists still lack what was made. */
function late(lists: number): void {
  const fault = { kind: 'status', status: 200, body: nothing } as const;
  frends.sandbox.faults.add({ method: 'GET', path: '/processes\\?', times: lists, fault });
}

/** The looks after the import was sent. */
function lists(): number {
  const asked = frends.sandbox.requests();
  const sent = asked.findIndex((each) => each.startsWith('POST '));
  return asked.slice(sent).filter((each) => /^GET \S*\/processes(?:\?|$)/.test(each)).length;
}

async function effects(work: Promise<ChangeReceipt>): Promise<string[]> {
  return (await work).items.map(({ effect }) => effect);
}

describe('a Frends file of several processes that is refused half-way', () => {
  test.each<ConflictMode>(['error', 'use-existing', 'new-version'])(
    'was done in part though that shows a moment late, in mode %s',
    async (mode) => {
      const evidence = await halfBad(1, mode);
      late(2);
      expect(await effects(frends.sendImport(evidence))).toEqual(['created', 'failed']);
      expect(frends.made()).toHaveLength(1);
    },
  );

  test('says all that was done of it, though a part shows a moment late', async () => {
    const evidence = await halfBad(2);
    late(1);
    expect(await effects(frends.sendImport(evidence))).toEqual(['created', 'created', 'failed']);
  });

  test('has changed nothing where nothing shows after a while, either', async () => {
    const evidence = await halfBad(1);
    late(4);
    await expect(frends.sendImport(evidence)).rejects.toMatchObject(refused);
    expect(lists()).toBe(4);
  });

  test('is in doubt where there is no time to look again', async () => {
    const evidence = await halfBad(1);
    late(2);
    const patient = frends.parts.import;
    const work = frends.sendImport(evidence, { signal: deadline(20_000) }, patient);
    await expect(work).rejects.toMatchObject({
      code: 'upstream_unavailable',
      details: { sent: 'maybe' },
    });
    expect(lists()).toBe(2);
  });

  test('is in doubt where it is given up while it waits to look again', async () => {
    const evidence = await halfBad(1);
    const closing = new AbortController();
    late(2);
    const part = Object.assign(frends.parts.import, { showsWithinMs: 60_000 });
    const work = frends.sendImport(evidence, { signal: closing.signal }, part);
    const told = expect(work).rejects.toMatchObject({ details: { sent: 'maybe' } });
    while (frends.made().length === 0 || lists() < 2) await sleep(5);
    closing.abort();
    await told;
  });
});

describe('a Frends file of one process that is refused', () => {
  test('is looked into once', async () => {
    const { evidence } = await frends.observed(
      [await frends.unknown('Bad', { Modifier: null })],
      'error',
    );
    await expect(frends.sendImport(evidence)).rejects.toMatchObject(refused);
    expect(lists()).toBe(1);
  });
});
