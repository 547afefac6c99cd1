import { describe, expect, test } from '@jest/globals';
import { validateSync } from 'class-validator';
import { ConcordStartOptions } from './concord.start-options.ts';

describe('the options of a start', () => {
  const problems = (options: object): string[] =>
    validateSync(Object.assign(new ConcordStartOptions(), options)).map(({ property }) => property);

  test.each([
    [{}, []],
    [{ activeProfiles: ['a'], out: ['b'], branch: 'release/1', dryRun: true }, []],
    [{ commit: '9ac024f681a7baa7c95da30d521a71d101fa22ac' }, []],
    [{ branch: 'a', commit: '9ac024f' }, ['commit']],
    [{ commit: 'HEAD' }, ['commit']],
    [{ branch: 'a b' }, ['branch']],
    [{ activeProfiles: 'a' }, ['activeProfiles']],
    [{ activeProfiles: [7] }, ['activeProfiles']],
    [{ activeProfiles: ['a,b'] }, ['activeProfiles']],
    [{ out: ['a,b'] }, ['out']],
    [{ dryRun: 'true' }, ['dryRun']],
  ])('%j', (options, expected) => {
    expect(problems(options)).toEqual(expected);
  });
});
