import { describe, expect, test } from '@jest/globals';
import type { Progress } from '../../domain/write.ts';
import { packageOf } from './nupkg.testing.ts';
import { ChangedUipath } from './uipath.changes.testing.ts';
import { ImportedUipath } from './uipath.imports.testing.ts';

/** Counts, and how much had really happened when each was told. */
class Watching {
  readonly told: (readonly [done: number, happened: number])[] = [];
  readonly #happened: () => number;

  constructor(happened: () => number) {
    this.#happened = happened;
  }

  readonly onProgress = ({ done, isVerifying }: Progress): void => {
    if (isVerifying) throw new Error('nothing is verified here');
    this.told.push([done, this.#happened()]);
  };
}

const counted = [
  [1, 1],
  [2, 2],
  [3, 3],
];

describe('the progress of an import into UiPath', () => {
  const uipath = new ImportedUipath();

  test('counts each package that is taken', async () => {
    const packages = ['1.0.0', '1.0.1', '1.0.2'].map((version) => packageOf('Brand.New', version));
    const seen = await uipath.planned('error', ...packages);
    const watching = new Watching(() => uipath.effects().length);
    await uipath.send(seen, watching);
    expect(watching.told).toEqual(counted);
  });
});

describe('the progress of a deletion on UiPath', () => {
  const uipath = new ChangedUipath('deletion');

  test('counts each version that is deleted', async () => {
    const { evidence } = await uipath.prepared({ key: 'SharedActivities', confirm: null });
    const { onProgress, told } = new Watching(() => uipath.effects().length);
    await uipath.part().send(evidence, {
      signal: uipath.signal(),
      permit: () => undefined,
      openFile: () => Promise.reject(new Error('no file')),
      onProgress,
    });
    expect(told).toEqual(counted);
  });
});
