import { describe, expect, test } from '@jest/globals';
import { type Finding, findVersions } from './export-items.ts';

const shelf: Readonly<Record<string, readonly string[]>> = { a: ['2', '1'], b: ['7'] };
const asked: string[] = [];
const finding: Finding<readonly string[], { readonly number: string }> = {
  asked: { connection: 'erp', platform: 'erp' },
  concurrency: 2,
  process: (key) => {
    asked.push(key);
    return Promise.resolve(shelf[key] ?? null);
  },
  version: (numbers, version) => {
    const number = version === 'latest' ? numbers[0] : numbers.find((each) => each === version);
    return number === undefined ? null : { number };
  },
  idOf: ({ number }) => number,
};
const item = (key: string, version: string | null = null) => ({ key, version });

describe('the versions of items', () => {
  test('are found in their order, each process asked for once', async () => {
    asked.length = 0;
    const found = await findVersions([item('a', '1'), item('b'), item('a')], finding);
    expect(found.map(({ number }) => number)).toEqual(['1', '7', '2']);
    expect(asked.sort()).toEqual(['a', 'b']);
  });

  test('that are not there are named, all of them', async () => {
    const items = [item('b'), item('x'), item('a', '9'), item('a', '1'), item('x', '1')];
    await expect(findVersions(items, finding)).rejects.toMatchObject({
      code: 'not_found',
      message:
        'Not all of it is there: items[1].process names no process that there is; items[2].version names no version of its process; items[4].process names no process that there is.',
      details: {
        connection: 'erp',
        platform: 'erp',
        errors: [
          { at: 'items[1].process' },
          { at: 'items[2].version' },
          { at: 'items[4].process' },
        ],
      },
    });
  });

  test('that are one version are refused, however they name it', async () => {
    const items = [item('a', '1'), item('a', '2'), item('b', '7'), item('a')];
    await expect(findVersions(items, finding)).rejects.toMatchObject({
      code: 'invalid_request',
      details: {
        errors: [{ at: 'items[3]', message: 'must not name the version that items[1] names' }],
      },
    });
  });

  test('beyond twenty that are not there are counted', async () => {
    const items = Array.from({ length: 23 }, (_, index) => item(`x${index}`));
    const failed: unknown = await findVersions(items, finding).catch((error: unknown) => error);
    expect(failed).toMatchObject({ message: expect.stringMatching(/; and 3 more\.$/) });
    const { errors } = (failed as { details: { errors: { at: string }[] } }).details;
    expect(errors.map(({ at }) => at)).toEqual(
      items.slice(0, 20).map((_, i) => `items[${i}].process`),
    );
  });
});
