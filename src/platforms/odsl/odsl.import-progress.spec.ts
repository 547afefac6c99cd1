import { expect, test } from '@jest/globals';
import type { Progress } from '../../domain/write.ts';
import { ImportedOdsl } from './odsl.imports.testing.ts';

const odsl = new ImportedOdsl();

test('the progress of an import into OpenDataDSL counts what is saved, and what is kept', async () => {
  await odsl.others('POST', '', { _id: 'KEPT', name: 'KEPT', script: 'Fx' });
  const content = ['KEPT', 'A', 'B', 'C'].map((name) => ({ _id: name, name, script: 'Gx' }));
  const { evidence } = await odsl.observed('use-existing', content);
  const told: (Progress & { saved: number })[] = [];
  const onProgress = (progress: Progress): void => {
    const saved = odsl.effects().filter((effect) => effect !== 'process.saved KEPT').length;
    told.push({ ...progress, saved });
  };
  await odsl.import.send(evidence, { ...odsl.departure(), onProgress });
  expect(told).toEqual([
    { done: 2, isVerifying: false, saved: 1 },
    { done: 3, isVerifying: false, saved: 2 },
    { done: 4, isVerifying: false, saved: 3 },
  ]);
});
