import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { lost, shortTiming } from '../support/ledger.ts';
import { LedgerStage } from '../support/ledger-stage.ts';

const stage = new LedgerStage('lost');

const neverShown = { state: 'undecided', why: 'The list is shut.', candidates: ['a'] } as const;

describe('a write whose answer was lost', () => {
  it('is found, and not sent again', async () => {
    stage.platform.deeds = ['loses'];
    const id = await stage.accept();
    const { ledger, doc } = await stage.until(id);
    expect([ledger.state, doc.receipt]).toEqual(['confirmed', `native ${id}`]);
    expect([stage.platform.sends, stage.platform.effects]).toEqual([1, [id]]);
  });

  it('is found as soon as it shows, long before its absence would be proof', async () => {
    stage.platform.deeds = ['loses'];
    stage.platform.timeoutMs = 60_000;
    const began = performance.now();
    expect((await stage.until(await stage.accept())).ledger.state).toBe('confirmed');
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('is sent again once it is proved that it never arrived, and not before', async () => {
    stage.platform.deeds = ['swallows'];
    const id = await stage.accept();
    const sent = await stage.until(id, 'accepted');
    expect(await stage.store.now()).toBeGreaterThanOrEqual(sent.ledger.sentUntil ?? Infinity);
    const { ledger } = await stage.until(id);
    expect([ledger.state, ledger.tries]).toEqual(['confirmed', 2]);
    expect(stage.platform.effects).toEqual([id]);
  });

  it('is not sent again because it does not show yet: absence is seen twice, so far apart as it may show late', async () => {
    stage.platform.deeds = ['acts and hangs'];
    stage.platform.hiddenLooks = 1;
    const id = await stage.accept();
    void stage.process().advance(id);
    while (stage.platform.effects.length === 0) await sleep(5);
    const { sentUntil } = (await stage.record(id)).ledger;
    await sleep((sentUntil ?? 0) - (await stage.store.now()) + 1);
    const ledger = stage.process();
    expect(await ledger.advance(id)).toBe(stage.platform.showsWithinMs);
    expect(await stage.state(id)).toBe('sent');
    await sleep(stage.platform.showsWithinMs);
    expect(await ledger.advance(id)).toBeNull();
    const { ledger: entry, doc } = await stage.record(id);
    expect([entry.state, doc.receipt]).toEqual(['confirmed', `native ${id}`]);
    expect([stage.platform.sends, stage.platform.effects]).toEqual([1, [id]]);
  });

  it.each([
    ['as three of its requests', undefined, 1_200],
    ['as its platform needs for that', 60_000, 60_000],
  ])('is looked for as long %s', async (_name, lookMs, mostMs) => {
    if (lookMs !== undefined) stage.platform.lookMs = lookMs;
    stage.platform.deeds = ['loses'];
    expect((await stage.until(await stage.accept())).ledger.state).toBe('confirmed');
    expect(stage.platform.looksFor).toBeGreaterThan(mostMs / 2);
    expect(stage.platform.looksFor).toBeLessThanOrEqual(mostMs);
  });

  it('counts as absent only after that time, however often somebody looks meanwhile', async () => {
    stage.platform.deeds = ['swallows'];
    stage.platform.showsWithinMs = 2_000;
    const id = await stage.accept({ deadlineMs: 60_000 });
    const ledger = stage.process();
    await ledger.advance(id);
    const { sentUntil } = (await stage.record(id)).ledger;
    await sleep((sentUntil ?? 0) - (await stage.store.now()) + 1);
    const first = await ledger.advance(id);
    const second = await ledger.advance(id);
    expect(first).toBe(stage.platform.showsWithinMs);
    expect(second).toBeGreaterThan(0);
    expect(second).toBeLessThanOrEqual(stage.platform.showsWithinMs);
    await sleep(second ?? 0);
    expect(await ledger.advance(id)).toBe(0);
    expect((await stage.record(id)).ledger).toMatchObject({ state: 'accepted' });
    expect(await ledger.advance(id)).toBeNull();
    expect((await stage.record(id)).ledger).toMatchObject({ tries: 2, absentSince: null });
  });

  it('is waited for as long as its files may take while they may still leave, and not after that', async () => {
    stage.platform.uploadTime = 300_000;
    stage.platform.deeds = ['hangs'];
    const id = await stage.accept();
    void stage.process().advance(id);
    while (stage.platform.sends === 0) await sleep(5);
    const { sendBy, sentUntil } = (await stage.record(id)).ledger;
    expect((sentUntil ?? 0) - (sendBy ?? 0)).toBe(
      stage.platform.timeoutMs + stage.platform.uploadTime,
    );
    stage.platform.deeds = ['swallows'];
    const broken = await stage.accept({ deadlineMs: 60_000 });
    await stage.process().advance(broken);
    const over = (await stage.record(broken)).ledger.sentUntil ?? 0;
    expect(over).toBeLessThanOrEqual((await stage.store.now()) + stage.platform.timeoutMs);
    const { ledger } = await stage.until(broken);
    expect([ledger.state, ledger.tries, stage.platform.effects]).toEqual([
      'confirmed',
      2,
      [broken],
    ]);
  });

  it('is not sent again where that is not allowed', async () => {
    stage.platform.deeds = ['swallows'];
    stage.platform.repeatable = false;
    const { ledger, doc } = await stage.until(await stage.accept());
    expect([ledger.state, stage.platform.sends, stage.platform.effects]).toEqual([
      'not_sent',
      1,
      [],
    ]);
    expect(doc.detail).toContain('never arrived');
  });

  it('is not sent again after its deadline', async () => {
    stage.platform.deeds = ['swallows'];
    const { ledger } = await stage.until(await stage.accept({ deadlineMs: 500 }));
    expect([ledger.state, stage.platform.sends]).toEqual(['not_sent', 1]);
  });

  it('and that cannot be proved is unknown after the settle time, with why, and is found later', async () => {
    stage.platform.deeds = ['loses'];
    stage.platform.shows = neverShown;
    const id = await stage.accept();
    const doubted = await stage.until(id, 'unknown');
    const { sentUntil } = doubted.ledger;
    expect(await stage.store.now()).toBeGreaterThanOrEqual((sentUntil ?? 0) + shortTiming.settle);
    expect([doubted.doc.verdict, doubted.doc.detail]).toEqual(['unknown', 'The list is shut.']);
    expect(await stage.store.evidence(id)).toEqual({ mark: id });
    const ledger = stage.process();
    expect(await ledger.advance(id)).toBe(shortTiming.doubtEvery);
    expect((await stage.record(id)).revision).toBe(doubted.revision);
    stage.platform.shows = null;
    expect(await ledger.advance(id)).toBeNull();
    const found = await stage.record(id);
    expect([found.ledger.state, found.doc.receipt]).toEqual(['confirmed', `native ${id}`]);
    expect(stage.platform.sends).toBe(1);
  });

  it('is not sent again once callers were told that nobody knows', async () => {
    stage.platform.deeds = ['swallows'];
    stage.platform.shows = neverShown;
    const id = await stage.accept({ deadlineMs: 60_000 });
    await stage.until(id, 'unknown');
    stage.platform.shows = null;
    const { ledger } = await stage.until(id);
    expect([ledger.state, stage.platform.sends]).toEqual(['not_sent', 1]);
  });

  it('stays unknown when a day of looking has found nothing, even when nobody looked meanwhile', async () => {
    stage.platform.deeds = ['loses'];
    stage.platform.shows = lost();
    const id = await stage.accept();
    const ledger = stage.process();
    await ledger.advance(id);
    stage.store.aheadMs = 2 * shortTiming.doubt;
    expect(await ledger.advance(id)).toBe(shortTiming.doubtEvery);
    expect((await stage.record(id)).doc.verdict).toBe('unknown');
    expect(await ledger.advance(id)).toBeNull();
    const { ledger: entry, doc } = await stage.record(id);
    expect([entry.state, doc.verdict, doc.detail]).toEqual([
      'unknown',
      'unknown',
      'The connection broke.',
    ]);
    expect(await stage.store.evidence(id)).toBeNull();
  });
});
