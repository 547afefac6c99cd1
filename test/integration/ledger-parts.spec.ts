import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GatewayError, UpstreamUnavailableError } from '../../src/domain/errors.ts';
import { type Deed, givenUp, hopeless, shortTiming, type ToldPlatform } from '../support/ledger.ts';
import { LedgerStage } from '../support/ledger-stage.ts';

const stage = new LedgerStage('parts');

const unsent = (): GatewayError =>
  new UpstreamUnavailableError('Nobody listens there.', { sent: 'no' });

/** A write of which a part took effect, and of which it is proved by now that the rest did not. */
async function begunWrite(): Promise<string> {
  stage.platform.deeds = ['breaks off'];
  const id = await stage.accept({ deadlineMs: 60_000 });
  await stage.until(id, 'accepted');
  return id;
}

describe('a write that has happened in part', () => {
  it('is sent again, once, and is confirmed as a whole', async () => {
    stage.platform.deeds = ['breaks off'];
    const id = await stage.accept();
    const { ledger, doc } = await stage.until(id);
    expect([ledger.state, ledger.tries, doc.receipt]).toEqual(['confirmed', 2, `native ${id}`]);
    expect([stage.platform.sends, stage.platform.effects]).toEqual([2, [id]]);
  });

  it('is not sent again before all of what was sent is over, and was looked at twice', async () => {
    stage.platform.deeds = ['breaks off'];
    const id = await stage.accept();
    const ledger = stage.process();
    await ledger.advance(id);
    const early = (await stage.record(id)).ledger;
    for (let look = 0; look < 3; look += 1) expect(await ledger.advance(id)).toBeGreaterThan(0);
    expect((await stage.record(id)).ledger).toMatchObject({ state: 'sent', absentSince: null });
    stage.store.aheadMs = (early.sentUntil ?? 0) - (await stage.store.now()) + 1;
    expect(await ledger.advance(id)).toBe(stage.platform.showsWithinMs);
    expect(await stage.state(id)).toBe('sent');
    stage.store.aheadMs += stage.platform.showsWithinMs;
    expect(await ledger.advance(id)).toBe(0);
    expect(await stage.state(id)).toBe('accepted');
    expect(stage.platform.sends).toBe(1);
  });

  it('is confirmed as a whole when the rest shows after all', async () => {
    stage.platform.deeds = ['breaks off'];
    const id = await stage.accept();
    await stage.process().advance(id);
    await stage.process().advance(id);
    stage.platform.effects.push(id);
    const { ledger, doc } = await stage.until(id);
    expect([ledger.state, doc.receipt, stage.platform.sends]).toEqual([
      'confirmed',
      `native ${id}`,
      1,
    ]);
  });

  it('is confirmed with that part where it may not be sent again', async () => {
    stage.platform.repeatable = false;
    stage.platform.deeds = ['breaks off'];
    const id = await stage.accept();
    const { ledger, doc } = await stage.until(id);
    expect([ledger.state, doc.receipt]).toEqual(['confirmed', `part of ${id}`]);
    expect([stage.platform.sends, stage.platform.effects]).toEqual([1, []]);
    expect(await stage.store.evidence(id)).toBeNull();
  });

  it('is confirmed with that part when its deadline is over', async () => {
    stage.platform.deeds = ['breaks off'];
    const id = await stage.accept({ deadlineMs: 300 });
    const { ledger, doc } = await stage.until(id);
    expect([ledger.state, doc.receipt, stage.platform.sends]).toEqual([
      'confirmed',
      `part of ${id}`,
      1,
    ]);
  });

  it('is gone on with after its deadline, which is for its beginning', async () => {
    stage.platform.deeds = ['breaks off'];
    const id = await stage.accept({ deadlineMs: 300 });
    const patient = stage.process({ timing: { ...shortTiming, begun: 60_000 } });
    const { ledger, doc } = await stage.until(id, null, patient);
    expect([ledger.state, doc.receipt]).toEqual(['confirmed', `native ${id}`]);
    expect([stage.platform.sends, stage.platform.effects]).toEqual([2, [id]]);
  });

  it('is in doubt while somebody may still bring the rest, and is confirmed with that part after', async () => {
    stage.platform.deeds = [givenUp()];
    const id = await stage.accept({ deadlineMs: 120_000 });
    stage.platform.begun.add(id);
    const doubted = await stage.until(id, 'unknown');
    expect([doubted.doc.verdict, stage.platform.sends]).toEqual(['unknown', 1]);
    expect(doubted.doc.detail).toMatch(/shows a part of it.*may still bring it/);
    const ledger = stage.process();
    stage.store.aheadMs = shortTiming.late - 5_000;
    expect(await ledger.advance(id)).toBeLessThanOrEqual(shortTiming.lateEvery);
    expect(await stage.state(id)).toBe('unknown');
    stage.store.aheadMs = shortTiming.late;
    expect(await ledger.advance(id)).toBeNull();
    const { ledger: entry, doc } = await stage.record(id);
    expect([entry.state, doc.receipt, stage.platform.sends]).toEqual([
      'confirmed',
      `part of ${id}`,
      1,
    ]);
  });
});

describe('a write of which a part stands when it is to be sent again', () => {
  it('was not unsent, though nothing more of it could leave before its deadline', async () => {
    const id = await begunWrite();
    stage.platform.deeds = Array.from({ length: 100 }, unsent);
    const ledger = stage.process();
    expect(await ledger.advance(id)).toBeGreaterThan(0);
    stage.store.aheadMs = 60_000;
    const { ledger: entry, doc } = await stage.until(id);
    expect([entry.state, doc.receipt, stage.platform.effects]).toEqual([
      'confirmed',
      `part of ${id}`,
      [],
    ]);
  });

  it('was not unsent, though nobody took it up before its deadline', async () => {
    const id = await begunWrite();
    stage.store.aheadMs = 60_000;
    const { ledger, doc } = await stage.until(id);
    expect([ledger.state, doc.receipt, stage.platform.sends]).toEqual([
      'confirmed',
      `part of ${id}`,
      1,
    ]);
  });

  it.each<readonly [string, Deed]>([
    ['rejected, though the rest of it is', 'refuses'],
    ['unsent, though the rest of it never can be', hopeless()],
  ])('was not %s', async (_, deed) => {
    const id = await begunWrite();
    stage.platform.deeds = [deed];
    const { ledger, doc } = await stage.until(id);
    expect([ledger.state, doc.receipt, stage.platform.sends]).toEqual([
      'confirmed',
      `part of ${id}`,
      2,
    ]);
  });

  it('cannot be stopped any more', async () => {
    const id = await begunWrite();
    const stopped = { verdict: 'not_sent', detail: 'stopped', receipt: null } as const;
    const kind = { stopped: () => stopped };
    const { ledger, doc } = await stage.until(id, null, stage.process({ kind }));
    expect([ledger.state, doc.receipt]).toEqual(['confirmed', `native ${id}`]);
  });

  it('is unsent once it is proved that nothing of it stands any more', async () => {
    const id = await begunWrite();
    stage.platform.deeds = ['swallows'];
    await stage.process().advance(id);
    stage.platform.begun.clear();
    stage.platform.repeatable = false;
    const { ledger, doc } = await stage.until(id);
    expect([ledger.state, doc.verdict]).toEqual(['not_sent', 'not_sent']);
  });
});

describe('a write of several requests', () => {
  it('is nobody else’s as long as any of them may leave, or arrive', async () => {
    stage.platform.spanTime = 5_000;
    stage.platform.deeds = ['hangs'];
    const id = await stage.accept();
    void stage.process().advance(id);
    while (stage.platform.sends === 0) await sleep(5);
    const { sentFrom, sendBy, sentUntil } = (await stage.record(id)).ledger;
    const windowMs = shortTiming.sendWindow + stage.platform.spanTime;
    expect((sendBy ?? 0) - (sentFrom ?? 0)).toBe(windowMs);
    expect((sentUntil ?? 0) - (sendBy ?? 0)).toBe(stage.platform.timeoutMs);
    const other = stage.process();
    stage.store.aheadMs = windowMs;
    expect(await other.advance(id)).toBeGreaterThan(0);
    expect([stage.platform.sends, stage.platform.looks]).toEqual([1, 0]);
    stage.store.aheadMs = windowMs + stage.platform.timeoutMs + 1;
    await other.advance(id);
    expect([stage.platform.sends, stage.platform.looks]).toEqual([1, 1]);
  });

  it.each([
    [0, 0],
    [10_000, 1],
  ])(
    'with %i ms between them lets %i leave that long after it was taken up',
    async (span, left) => {
      stage.platform.spanTime = span;
      stage.platform.pause = sleep(shortTiming.sendWindow + 50);
      const id = await stage.accept();
      await stage.process().advance(id);
      expect(stage.platform.effects).toHaveLength(left);
    },
  );

  it('whose span cannot be read is one request', async () => {
    const unreadable = {
      write: () =>
        Object.assign(Object.create(stage.platform) as ToldPlatform, {
          spanMs: () => {
            throw new Error('what was stored cannot be read');
          },
        }),
    };
    const id = await stage.accept();
    await stage.process({ kind: unreadable }).advance(id);
    const { sentFrom, sendBy } = (await stage.record(id)).ledger;
    expect((sendBy ?? 0) - (sentFrom ?? 0)).toBe(shortTiming.sendWindow);
  });
});
