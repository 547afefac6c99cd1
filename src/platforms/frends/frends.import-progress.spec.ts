import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Native } from '../../domain/native.ts';
import type { Progress } from '../../domain/write.ts';
import { type Exported, ImportingFrends } from './frends.import.testing.ts';

const frends = new ImportingFrends();

/** What is told while it is sent; whether the platform had taken all of the file by then. */
async function told(evidence: Native): Promise<readonly (Progress & { taken: number })[]> {
  const all: (Progress & { taken: number })[] = [];
  const onProgress = (progress: Progress): void => {
    all.push({ ...progress, taken: frends.made().length });
  };
  await frends.sendImport(evidence, { onProgress }).catch(() => null);
  return all;
}

async function several(count: number): Promise<readonly Exported[]> {
  const template = await frends.unknown('Several');
  return Array.from({ length: count }, (_, index) => ({
    ...template,
    Name: `Several ${index}`,
    UniqueIdentifier: randomUUID(),
  }));
}

const countsOf = (all: readonly Progress[]): number[] => [...new Set(all.map(({ done }) => done))];

describe('the progress of an import into Frends', () => {
  test('is that it is verified once it is answered, and counts each process that is found', async () => {
    const { evidence } = await frends.observed(await several(5), 'error');
    const all = await told(evidence);
    expect(all.every(({ isVerifying, taken }) => isVerifying && taken === 5)).toBe(true);
    expect(countsOf(all)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('counts what stands from the first on where that is kept', async () => {
    const stands = await frends.exported('Dunning letters');
    const { evidence } = await frends.observed([stands, ...(await several(2))], 'use-existing');
    expect(countsOf(await told(evidence))).toEqual([0, 1, 2, 3]);
  });

  test('counts those of a list page by page, as many as it shows of new numbers', async () => {
    const many = await several(60);
    const { evidence } = await frends.observed(many, 'new-version');
    const all = await told(evidence);
    const counts = countsOf(all);
    expect([counts[0], counts.at(-1)]).toEqual([0, 60]);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  });

  test('counts no copies: which process is new is known at the end', async () => {
    const stands = await frends.exported('Dunning letters');
    const { evidence } = await frends.observed([stands], 'new-inactive');
    expect(countsOf(await told(evidence))).toEqual([0]);
  });

  test('counts nothing of what was refused, as others may have made it', async () => {
    const [first, second] = await several(2);
    const bad = { ...second, Modifier: null };
    const { evidence } = await frends.observed([first ?? {}, bad], 'new-version');
    // It is looked for twice.
    const none = { done: 0, isVerifying: true, taken: 1 };
    expect(await told(evidence)).toEqual([none, none]);
  });
});
