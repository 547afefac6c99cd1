import { describe, expect, test } from '@jest/globals';
import type { PlatformAdapter } from './domain/adapter.ts';
import { documentsTable } from './documents-table.ts';
import { replaceTable } from './generated-table.ts';
import type { OpenedPlatform } from './opened-platforms.ts';
import type { DocumentedCall } from './platforms/documented-call.ts';

const call = { call: 'do()', served: 'GET /v1/do', needs: null } as const;

/** The cells of the row of a call on a platform that has some parts. */
function cellsOf(row: DocumentedCall, parts: object): string[] {
  const platform = { title: 'Mirror', documents: [row] };
  const opened = { platform, adapter: { parts } as PlatformAdapter } as unknown as OpenedPlatform;
  const [, , line = ''] = documentsTable([opened]).split('\n');
  return line.split(' | ').slice(1);
}

describe('the table of documented calls', () => {
  test.each<[string, DocumentedCall, object, string]>([
    ['what nothing here does', { ...call, served: null }, {}, 'no'],
    ['what needs nothing', call, {}, 'yes'],
    ['what needs a part that is there', { ...call, needs: 'log' }, { log: {} }, 'yes'],
    ['what needs one that is not', { ...call, needs: 'log' }, { runs: {} }, '501'],
    [
      'a way to import that is there',
      { ...call, needs: 'import', onConflict: 'error' },
      { import: { modes: ['error'] } },
      'yes',
    ],
    [
      'one that is not',
      { ...call, needs: 'import', onConflict: 'new-active' },
      { import: { modes: ['error'] } },
      '501',
    ],
  ])('says of %s how it is served', (_case, row, parts, served) => {
    const route = row.served === null ? '–' : '`GET /v1/do`';
    expect(cellsOf(row, parts).slice(0, 3)).toEqual(['`do()`', route, served]);
  });

  test('stands between its own marks', () => {
    const page = 'a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n';
    expect(replaceTable(page, 'x', 'new')).toBe(
      'a\n<!-- x:begin -->\n\nnew\n\n<!-- x:end -->\nb\n',
    );
    expect(() => replaceTable(page, 'y', 'new')).toThrow('<!-- y:begin -->');
  });
});
