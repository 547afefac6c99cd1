import { describe, expect, it } from '@jest/globals';
import type { LedgerEntry } from '../../src/ledger/record.ts';
import { newThing, refused, type stale, TurnsStage } from '../support/turns-stage.ts';

const stage = new TurnsStage();

describe('a change in doubt', () => {
  const lateMs = 5 * 60_000;

  /** A thing whose change is in doubt, sent so long ago. */
  async function doubted(agoMs: number, more: Partial<LedgerEntry>): Promise<[string, string]> {
    const thing = newThing();
    const { id } = await stage.ask(thing);
    const sentUntil = (await stage.store.records.now()) - agoMs;
    await stage.store.records.change(id, ({ doc, ledger }) => {
      if (ledger === null) throw new Error('it has a ledger');
      return {
        doc: { ...doc, status: 'unknown', final: true, outcome: 'unknown' },
        ledger: { ...ledger, state: 'unknown', sentUntil, ...more },
      };
    });
    return [thing, id];
  }

  it('keeps its turn for as long as somebody may still bring it, and says how long that is', async () => {
    const [thing, operation] = await doubted(lateMs - 60_000, { mayBeLate: true });
    const error = (await stage.ask(thing).catch((thrown: unknown) => thrown)) as typeof stale;
    expect(error).toMatchObject({ ...refused, details: { members: { operation } } });
    expect(error.details.retryAfterMs).toBeGreaterThan(50_000);
    expect(error.details.retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it('that its platform was asked to wait with keeps it for so much longer', async () => {
    const [thing] = await doubted(lateMs, { mayBeLate: true, waitMs: 60_000 });
    await expect(stage.ask(thing)).rejects.toMatchObject(refused);
  });

  it.each([
    ['after that', lateMs, { mayBeLate: true }],
    ['at once where nobody holds it', 0, {}],
  ])('is free %s', async (_, agoMs, more) => {
    const [thing] = await doubted(agoMs, more);
    expect((await stage.ask(thing)).isReplay).toBe(false);
  });

  it('is free as soon as a person has settled it', async () => {
    const [thing, id] = await doubted(0, { mayBeLate: true });
    await stage.service.resolve(id, { outcome: 'not_sent', note: 'It cannot come.' }, 'r');
    expect((await stage.ask(thing)).isReplay).toBe(false);
  });
});
