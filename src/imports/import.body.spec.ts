import { describe, expect, it } from '@jest/globals';
import { openedPlatforms } from '../opened-platforms.ts';
import { importBody } from './import.body.ts';

const importing = openedPlatforms().flatMap(({ platform: { title }, adapter }) => {
  const part = adapter.parts.import;
  return part === undefined ? [] : [[title, part.mostBytes] as const];
});

describe('the document of an import', () => {
  it.each(importing)('says how much a file for %s may have', (title, mostBytes) => {
    const said = JSON.stringify(importBody);
    expect(said).toContain(title);
    if (mostBytes !== null) expect(said).toContain(`${mostBytes / 1_024 ** 2} MiB at most`);
  });
});
