import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError } from '../../src/domain/errors.ts';
import { type Shown, ToldPlatform } from '../support/ledger.ts';
import { LedgerStage } from '../support/ledger-stage.ts';

const stage = new LedgerStage('races');

describe('processes that have the same write do not take for its end', () => {
  it('what one of them finds while another is sending it', async () => {
    const id = await stage.accept();
    let goOn = (): void => undefined;
    stage.platform.pause = new Promise((resolve) => (goOn = resolve));
    let sending: Promise<number | null> = Promise.resolve(0);
    const ready = async () => {
      sending = stage.process().advance(id);
      await until(() => stage.platform.sends === 1);
      return { evidence: {}, shown: (doc: Shown) => doc, refusal: new ConflictError('It stands.') };
    };
    const late = stage.process({ kind: { ready } });
    expect(await late.advance(id)).toBeGreaterThan(0);
    expect(await stage.state(id)).toBe('sending');
    goOn();
    expect([await sending, await late.advance(id)]).toEqual([null, null]);
    expect([await stage.state(id), stage.platform.effects]).toEqual(['confirmed', [id]]);
  });

  it('an answer to a try that another has begun anew', async () => {
    const id = await stage.accept();
    const answers = stage.platform.send.bind(stage.platform);
    let goOn = (): void => undefined;
    const answered = new Promise<void>((resolve) => (goOn = resolve));
    stage.platform.send = async (...sent) => {
      await answered;
      return answers(...sent);
    };
    const first = new ToldPlatform();
    first.send = async () => {
      await stage.store.change(id, ({ ledger }) =>
        ledger === null ? null : { ledger: { ...ledger, state: 'accepted', token: null } },
      );
      sending = stage.process().advance(id);
      while ((await stage.state(id)) !== 'sending') await sleep(5);
      return 'native of the first';
    };
    let sending: Promise<number | null> = Promise.resolve(0);
    expect(await stage.process({ platform: first }).advance(id)).toBeGreaterThan(0);
    goOn();
    expect(await sending).toBeNull();
    expect([await stage.state(id), stage.platform.effects]).toEqual(['confirmed', [id]]);
  });

  it('files that one of them could not fetch, and another has', async () => {
    const id = await stage.accept();
    await stage.store.change(id, ({ ledger }) =>
      ledger === null ? null : { ledger: { ...ledger, fetches: 0 } },
    );
    const fetched = {
      evidence: { mark: id },
      files: ['file'],
      shown: (doc: Shown) => doc,
      letGo: () => Promise.resolve(),
    };
    const first = stage.process({ kind: { fetch: () => Promise.resolve(fetched) } });
    const fetch = async () => {
      expect(await first.advance(id)).toBe(0);
      return { refusal: new ConflictError('It is gone.') };
    };
    const late = stage.process({ kind: { fetch } });
    expect(await late.advance(id)).toBeGreaterThan(0);
    expect((await stage.record(id)).ledger).toMatchObject({
      state: 'accepted',
      files: ['file'],
    });
    expect([await first.advance(id), await stage.state(id)]).toEqual([null, 'confirmed']);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}
