import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { type Shown, shortTiming } from '../support/ledger.ts';
import { LedgerStage } from '../support/ledger-stage.ts';

const stage = new LedgerStage('nameless');

const neverShown = { state: 'undecided', why: 'The list is shut.', candidates: ['a'] } as const;

describe('a write whose answer does not name what it made', () => {
  const nameless = (): Ledger<Shown, string> => stage.process({ kind: { names: () => false } });

  it('is looked for, and confirmed once it shows', async () => {
    const id = await stage.accept();
    expect(await nameless().advance(id)).toBe(shortTiming.firstRetry);
    expect(await stage.state(id)).toBe('sent');
    expect(await nameless().advance(id)).toBeNull();
    const { ledger, doc } = await stage.record(id);
    expect([ledger.state, doc.receipt, stage.platform.sends]).toEqual([
      'confirmed',
      `native ${id}`,
      1,
    ]);
  });

  it('is in doubt where it does not show: it was taken, so that its absence proves nothing', async () => {
    stage.platform.shows = { state: 'absent' };
    const id = await stage.accept();
    let again: number | null = 0;
    while (again !== null && again !== shortTiming.doubtEvery) {
      await sleep(again);
      again = await nameless().advance(id);
    }
    const { ledger, doc } = await stage.record(id);
    expect([ledger.state, doc.verdict, stage.platform.sends]).toEqual(['unknown', 'unknown', 1]);
    expect(doc.detail).toContain('shows nothing of it');
    expect(await nameless().advance(id)).toBe(shortTiming.doubtEvery);
  });

  it('is not in doubt before the time is over that the platform was asked to wait', async () => {
    stage.platform.waitTime = 3_600_000;
    stage.platform.shows = neverShown;
    const id = await stage.accept();
    await nameless().advance(id);
    stage.store.aheadMs = stage.platform.waitTime;
    for (let looks = 0; looks < 10; looks += 1) {
      const again = await nameless().advance(id);
      expect(again).toBeLessThanOrEqual(shortTiming.doubtEvery);
    }
    expect(await stage.state(id)).toBe('sent');
    stage.store.aheadMs += shortTiming.settle;
    expect(await nameless().advance(id)).toBe(shortTiming.doubtEvery);
    expect(await stage.state(id)).toBe('unknown');
  });

  it('is looked for seldom as long as it was asked to wait', async () => {
    stage.platform.waitTime = 3_600_000;
    stage.platform.shows = neverShown;
    const id = await stage.accept();
    let again: number | null = 0;
    for (let looks = 0; looks < 8; looks += 1) again = await nameless().advance(id);
    expect(again).toBe(shortTiming.doubtEvery);
  });

  it('is in doubt as one that was taken, whatever its platform shows', async () => {
    stage.platform.shows = neverShown;
    const id = await stage.accept();
    await nameless().advance(id);
    stage.store.aheadMs = shortTiming.settle;
    await nameless().advance(id);
    const { doc } = await stage.record(id);
    expect(doc.detail).toMatch(/^The platform took it .* The list is shut\.$/);
  });
});
