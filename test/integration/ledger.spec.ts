import { describe, expect, it } from '@jest/globals';
import {
  CapabilityNotSupportedError,
  UpstreamRateLimitedError,
  UpstreamUnavailableError,
} from '../../src/domain/errors.ts';
import { hopeless } from '../support/ledger.ts';
import { LedgerStage } from '../support/ledger-stage.ts';

const stage = new LedgerStage('ledger');

const unsentError = (retryAfterMs?: number) =>
  new UpstreamUnavailableError('Nobody listens there.', {
    sent: 'no',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

describe('a write', () => {
  it('whose caller has asked for its end while it could not leave is not sent again', async () => {
    const id = await stage.accept();
    stage.platform.deeds = [unsentError()];
    const stopped = { verdict: 'not_sent', detail: 'stopped', receipt: null } as const;
    const kind = { stopped: () => (stage.platform.sends > 0 ? stopped : null) };
    const record = await stage.until(id, null, stage.process({ kind }));
    expect([stage.platform.sends, stage.platform.effects]).toEqual([1, []]);
    expect([record.ledger.state, record.doc.detail]).toEqual(['not_sent', 'stopped']);
    expect(await stage.store.evidence(id)).toBeNull();
  });

  it('that is answered is confirmed, with what it was answered', async () => {
    const id = await stage.accept();
    const { ledger, doc, revision } = await stage.until(id);
    expect([ledger.state, ledger.tries, doc.receipt]).toEqual(['confirmed', 1, `native ${id}`]);
    expect([stage.platform.effects, stage.platform.looks, revision]).toEqual([[id], 0, 2]);
    expect(await stage.store.evidence(id)).toBeNull();
  });

  it('that is refused is rejected, with the words of the platform, and not tried again', async () => {
    stage.platform.deeds = ['refuses'];
    const { ledger, doc } = await stage.until(await stage.accept());
    expect([ledger.state, doc.verdict]).toEqual(['rejected', 'rejected']);
    expect(doc.detail).toBe('There is no such thing.');
    expect([stage.platform.sends, stage.platform.effects]).toEqual([1, []]);
  });

  it('that did not leave is sent again until it does', async () => {
    stage.platform.deeds = [unsentError(), unsentError(), unsentError()];
    const { ledger } = await stage.until(await stage.accept());
    expect([ledger.state, ledger.tries]).toEqual(['confirmed', 4]);
    expect([stage.platform.effects.length, stage.platform.looks]).toEqual([1, 0]);
  });

  it('that did not leave and never can is not sent, says why, and is not tried again', async () => {
    stage.platform.deeds = [hopeless()];
    const { ledger, doc } = await stage.until(await stage.accept());
    expect([ledger.state, doc.verdict, doc.detail]).toEqual(['not_sent', 'not_sent', 'Gone.']);
    expect([stage.platform.sends, stage.platform.looks]).toEqual([1, 0]);
  });

  it('that never leaves is not sent after its deadline, and says why', async () => {
    stage.platform.deeds = Array.from({ length: 100 }, () => unsentError());
    const id = await stage.accept({ deadlineMs: 400 });
    const { ledger, doc } = await stage.until(id);
    expect([ledger.state, stage.platform.effects]).toEqual(['not_sent', []]);
    expect(doc.detail).toContain('Nobody listens there.');
    expect(await stage.store.now()).toBeGreaterThanOrEqual(ledger.deadline);
  });

  it('that nobody takes up in time is not sent', async () => {
    const id = await stage.accept({ deadlineMs: 0 });
    const { ledger, doc } = await stage.until(id);
    expect([ledger.state, stage.platform.sends]).toEqual(['not_sent', 0]);
    expect(doc.detail).toContain('no worker took it up');
  });

  it('waits as long as the platform asks it to', async () => {
    stage.platform.deeds = [new UpstreamRateLimitedError('Slowly.', { retryAfterMs: 250 })];
    const ledger = stage.process();
    const id = await stage.accept();
    expect(await ledger.advance(id)).toBe(250);
    expect((await stage.record(id)).ledger).toMatchObject({
      state: 'accepted',
      lastFailure: 'Slowly.',
    });
    expect(await ledger.advance(id)).toBeNull();
    expect(stage.platform.effects).toEqual([id]);
  });

  it('does not wait longer than until its deadline, however long the platform asks it to', async () => {
    stage.platform.deeds = Array.from({ length: 100 }, () => unsentError(3_600_000));
    const id = await stage.accept({ deadlineMs: 300 });
    const again = await stage.process().advance(id);
    expect(again).toBeLessThanOrEqual(300);
    const { ledger, doc } = await stage.until(id);
    expect([ledger.state, stage.platform.effects]).toEqual(['not_sent', []]);
    expect(doc.detail).toContain('Nobody listens there.');
  });

  it('is not sent before its time', async () => {
    const id = await stage.accept({ afterMs: 300 });
    const ledger = stage.process();
    expect(await ledger.advance(id)).toBeGreaterThan(100);
    expect(stage.platform.sends).toBe(0);
    stage.store.aheadMs = 301;
    expect(await ledger.advance(id)).toBeNull();
    expect(stage.platform.effects).toEqual([id]);
  });

  it('whose way there is gone is tried until its deadline, and then says so', async () => {
    const id = await stage.accept({ deadlineMs: 200 });
    const kind = {
      write: () => {
        throw new CapabilityNotSupportedError('The connection has no starts any more.');
      },
    };
    const gone = stage.process({ kind });
    expect(await gone.advance(id)).toBeLessThanOrEqual(200);
    stage.store.aheadMs = 300;
    expect(await gone.advance(id)).toBeNull();
    const { ledger, doc } = await stage.record(id);
    expect([ledger.state, stage.platform.sends]).toEqual(['not_sent', 0]);
    expect(doc.detail).toContain('has no starts any more');
  });

  it('whose evidence is gone is not sent', async () => {
    const id = await stage.accept();
    await stage.redis.client.hdel(`${stage.prefix}:write:{${id}}`, 'evidence');
    expect((await stage.until(id)).ledger.state).toBe('not_sent');
    expect(stage.platform.sends).toBe(0);
  });
});
