import { describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangedItem, ChangeReceipt } from '../../src/domain/change.ts';
import { UpstreamRejectedError } from '../../src/domain/errors.ts';
import { eventually } from '../support/eventually.ts';
import { ImportStage } from '../support/import-stage.ts';
import { shortTiming } from '../support/ledger.ts';
import { invoices } from '../support/told-import.ts';

jest.setTimeout(40_000);

const stage = new ImportStage();
const unseen = { state: 'undecided', why: 'It is not shown.', candidates: [] } as const;
const longMs = 15 * 60_000;

/** As if a worker had written down that it sends it, and had died. */
async function abandon(id: string): Promise<void> {
  const now = await stage.store.records.now();
  await stage.store.records.change(id, ({ ledger }) =>
    ledger === null
      ? null
      : {
          ledger: {
            ...ledger,
            state: 'sending',
            token: 'dead',
            sendBy: now,
            sentFrom: now,
            sentUntil: now + longMs,
            tries: 1,
          },
        },
  );
}

const outcome = async (id: string) => (await stage.doc(id)).outcome;

/** An import that is being sent, and what its platform answers in the end. */
async function sending(): Promise<{ id: string; sent: Promise<unknown>; answer: EventEmitter }> {
  const answer = new EventEmitter();
  stage.part.answers = async (): Promise<ChangeReceipt> => {
    const [error] = (await once(answer, 'end')) as [Error | null];
    if (error !== null) throw error;
    return { items: [invoices] };
  };
  const id = await stage.accept('one');
  const sent = stage.ledger().advance(id);
  await eventually(() => {
    expect(stage.part.sent).toEqual(['one']);
  });
  return { id, sent, answer };
}

describe('an import whose worker has died', () => {
  it('is settled by the next one as soon as it shows', async () => {
    stage.part.shows = { state: 'applied', receipt: { items: [invoices] } };
    const first = await stage.accept('first');
    const second = await stage.accept('second');
    await abandon(first);
    stage.worker();
    await eventually(async () => {
      expect([await outcome(first), await outcome(second)]).toEqual(['applied', 'applied']);
    });
    expect(stage.part.sent).toEqual(['second']);
  });

  it('is being verified meanwhile, and not taken for absent before its time is over', async () => {
    stage.part.shows = { state: 'absent' };
    const id = await stage.accept('one');
    await abandon(id);
    stage.worker();
    await eventually(async () => {
      const { doc, ledger } = await stage.record(id);
      expect([doc.phase, ledger?.state, ledger?.absentSince]).toEqual(['verifying', 'sent', null]);
      expect(ledger?.looks).toBeGreaterThan(3);
    });
    expect(stage.part.sent).toEqual([]);
  });
});

describe('an import that somebody else looks for while it is being sent', () => {
  it('is what its sender is told in the end', async () => {
    stage.part.shows = unseen;
    const { id, sent, answer } = await sending();
    await stage.ledger().advance(id, { alone: true });
    expect(await stage.doc(id)).toMatchObject({ phase: 'verifying', outcome: null });
    answer.emit('end', null);
    await sent;
    expect(await outcome(id)).toBe('applied');
  });

  it('is rejected where its sender is told so', async () => {
    stage.part.shows = unseen;
    const { id, sent, answer } = await sending();
    await stage.ledger().advance(id, { alone: true });
    const upstream = { status: 400, code: null, message: 'no', requestId: null };
    answer.emit('end', new UpstreamRejectedError('It says no.', { sent: 'maybe', upstream }));
    await sent;
    expect(await outcome(id)).toBe('rejected');
  });

  it('has not left where its sender stood still, and is sent once then', async () => {
    stage.part.shows = unseen;
    const wakes = new EventEmitter();
    stage.part.holds = once(wakes, 'wake');
    const id = await stage.accept('one');
    const still = stage.ledger().advance(id);
    await eventually(async () => {
      expect((await stage.record(id)).ledger?.state).toBe('sending');
    });
    await stage.ledger().advance(id, { alone: true });
    await sleep(shortTiming.sendWindow);
    wakes.emit('wake');
    await still;
    expect(stage.part.sent).toEqual([]);
    expect((await stage.record(id)).ledger).toMatchObject({ state: 'accepted', tries: 1 });
    stage.part.holds = null;
    stage.worker();
    await eventually(async () => {
      expect(await outcome(id)).toBe('applied');
    });
    expect(stage.part.sent).toEqual(['one']);
  });
});

describe('a line that has lost an import to another worker', () => {
  it('waits for it to be sent, whatever it finds meanwhile', async () => {
    stage.part.shows = unseen;
    let atOnce = 0;
    let most = 0;
    const opens: number[] = [];
    const first = await stage.accept('first');
    const second = await stage.accept('second');
    stage.part.answers = async (name): Promise<ChangeReceipt> => {
      most = Math.max(most, (atOnce += 1));
      // Until the line has gone on: with this one, or with the next.
      if (name === 'first')
        await eventually(async () => {
          const isNext = stage.part.sent.includes('second');
          expect(isNext || ((await stage.record(first)).ledger?.looks ?? 0) > 0).toBe(true);
        });
      opens.push(await stage.store.open.count());
      atOnce -= 1;
      return { items: [invoices] };
    };
    const sends: Promise<unknown>[] = [];
    stage.part.observes = async () => {
      if (sends.length > 0) return { evidence: {}, items: [invoices], basis: {} };
      // While the line looks at it, somebody else sends it.
      sends.push(stage.ledger().advance(first));
      await eventually(() => {
        expect(stage.part.sent).toEqual(['first']);
      });
      const conflict: ChangedItem = { ...invoices, effect: 'conflict' };
      return { evidence: {}, items: [conflict], basis: {} };
    };
    stage.worker();
    await eventually(async () => {
      expect([await outcome(first), await outcome(second)]).toEqual(['applied', 'applied']);
    });
    await Promise.all(sends);
    expect([most, opens]).toEqual([1, [2, 1]]);
  });
});

describe('an import into a connection that cannot import any more', () => {
  it('ends after a while, though nobody works off its line', async () => {
    const id = await stage.accept('one', { connection: 'dev' });
    const { records, open } = stage.store;
    await records.change(id, ({ ledger }) =>
      ledger === null
        ? null
        : { ledger: { ...ledger, failingSince: ledger.acceptedAt - longMs, files: ['file'] } },
    );
    // As the sweep finds it once its time is over.
    await open.add(id, 0);
    await stage.processor();
    await eventually(async () => {
      expect(await stage.doc(id)).toMatchObject({
        outcome: 'not_sent',
        problem: { code: 'capability_not_supported' },
      });
    }, 35_000);
    expect([stage.part.sent, stage.removed]).toEqual([[], ['file']]);
    await eventually(async () => {
      expect(await open.count()).toBe(0);
    });
  });
});

describe('a worker that is closed', () => {
  it('waits for the answer of what it is sending', async () => {
    stage.part.answers = async () => {
      await sleep(1_000);
      return { items: [invoices] };
    };
    const id = await stage.accept('one');
    const line = stage.worker();
    await eventually(() => {
      expect(stage.part.sent).toEqual(['one']);
    });
    await line.close();
    expect(await outcome(id)).toBe('applied');
  });

  it('does so for as long as it may', async () => {
    stage.drainMs = 50;
    stage.part.answers = async () => {
      await sleep(3_000);
      return { items: [invoices] };
    };
    const id = await stage.accept('one');
    const line = stage.worker();
    await eventually(() => {
      expect(stage.part.sent).toEqual(['one']);
    });
    await line.close();
    expect(await outcome(id)).toBeNull();
  });

  it('begins to send nothing more, whatever it was looking at', async () => {
    const looks = new EventEmitter();
    stage.part.observes = async () => {
      looks.emit('begun');
      await once(looks, 'end');
      return { evidence: {}, items: [invoices], basis: {} };
    };
    const begun = once(looks, 'begun');
    const id = await stage.accept('one');
    const line = stage.worker();
    await begun;
    await line.close();
    looks.emit('end');
    await sleep(200);
    expect(stage.part.sent).toEqual([]);
    expect((await stage.record(id)).ledger).toMatchObject({ state: 'accepted', tries: 0 });
    stage.part.observes = () => ({ evidence: {}, items: [invoices], basis: {} });
    stage.worker();
    await eventually(async () => {
      expect(await outcome(id)).toBe('applied');
    }, 35_000);
  });
});
