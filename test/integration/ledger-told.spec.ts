import { describe, expect, it } from '@jest/globals';
import { type GatewayError, UpstreamUnavailableError } from '../../src/domain/errors.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerKind } from '../../src/ledger/ledger-kind.ts';
import type { Shown } from '../support/ledger.ts';
import { LedgerStage } from '../support/ledger-stage.ts';

const stage = new LedgerStage('told');

const unsent = (): GatewayError =>
  new UpstreamUnavailableError('Nobody listens there.', { sent: 'no' });

describe('what callers are told of a write on its way', () => {
  /** Every step that they see, in its order. */
  async function told(id: string): Promise<(string | null)[]> {
    return (await stage.store.events(id, 1)).map(({ doc }) => doc.detail ?? doc.verdict);
  }

  function telling(): Ledger<Shown, string> {
    const kind: Partial<LedgerKind<Shown, string>> = {
      atStep: ({ doc }, step) => (doc.detail === step ? doc : { ...doc, detail: step }),
    };
    return stage.process({ kind });
  }

  it('is that it is sent, and then how it ended', async () => {
    const id = await stage.accept();
    const { revision } = await stage.until(id, null, telling());
    expect([await told(id), revision]).toEqual([['sending', 'confirmed'], 3]);
  });

  it('is that it waits again when it could not leave', async () => {
    stage.platform.deeds = [unsent(), unsent()];
    const id = await stage.accept();
    await stage.until(id, null, telling());
    const again = ['sending', 'accepted'];
    expect(await told(id)).toEqual([...again, ...again, 'sending', 'confirmed']);
  });

  it('is that it is looked for, once, however often somebody looks', async () => {
    stage.platform.deeds = ['loses'];
    stage.platform.hiddenLooks = 3;
    const id = await stage.accept();
    const { ledger, revision } = await stage.until(id, null, telling());
    expect(ledger.looks).toBeGreaterThan(2);
    expect([await told(id), revision]).toEqual([['sending', 'sent', 'confirmed'], 4]);
  });

  it('is that it waits again once it is proved that nothing of it arrived', async () => {
    stage.platform.deeds = ['swallows'];
    const id = await stage.accept();
    await stage.until(id, null, telling());
    expect(await told(id)).toEqual(['sending', 'sent', 'accepted', 'sending', 'confirmed']);
  });

  it('is not that it waits once a part of it stands', async () => {
    stage.platform.deeds = ['breaks off', unsent()];
    const id = await stage.accept();
    await stage.until(id, null, telling());
    expect(await told(id)).toEqual(['sending', 'sent', 'sending', 'sent', 'sending', 'confirmed']);
  });
});
