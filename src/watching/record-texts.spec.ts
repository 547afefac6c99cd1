import { describe, expect, it } from '@jest/globals';
import { RecordTexts } from './record-texts.ts';

const doc = { updatedAt: '2026-01-01T00:00:00.000Z', final: false };
const event = { revision: 1, doc };

describe('what was written down for watchers', () => {
  it('is written down once for all of them', () => {
    const texts = new RecordTexts();
    let written = 0;
    const write = (): string => `text ${(written += 1)}`;
    expect([texts.of('erp:1', event, write), texts.of('erp:1', event, write)]).toEqual([
      'text 1',
      'text 1',
    ]);
  });

  it.each([
    ['another record', 'erp:2', event, 'waits'],
    ['the next revision', 'erp:1', { revision: 2, doc }, 'waits'],
    [
      'a revision that Redis gave again',
      'erp:1',
      { revision: 1, doc: { ...doc, updatedAt: '2026-01-01T00:00:01.000Z' } },
      'waits',
    ],
    ['what has left meanwhile', 'erp:1', event, 'has left'],
  ])('is written down anew for %s', (_, id, other, state) => {
    const texts = new RecordTexts();
    texts.of('erp:1', event, () => 'one', 'waits');
    expect(texts.of(id, other, () => 'other', state)).toBe('other');
  });

  it('takes no more memory than it may', () => {
    const texts = new RecordTexts(1_000_000);
    for (let at = 0; at < 50; at += 1) texts.of(`erp:${at}`, event, () => '~'.repeat(60_000));
    expect(texts.bytes).toBeGreaterThan(500_000);
    expect(texts.bytes).toBeLessThanOrEqual(1_000_000);
  });
});
