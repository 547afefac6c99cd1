import { describe, expect, it } from '@jest/globals';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import type { ImportFile } from '../../src/domain/import.ts';
import { DirectoryStore } from '../../src/files/directory-store.ts';
import { Inspections } from '../../src/files/inspections.ts';
import { importReady, planTokenOf } from '../../src/operations/import-ready.ts';
import { queuedOperation } from '../../src/operations/kept-operation.ts';
import { keptPromotion } from '../../src/operations/promotion.ts';
import { PromotedFiles } from '../../src/operations/promoted-files.ts';
import { fetchedPromotion } from '../../src/operations/promotion-fetch.ts';
import { erpWith } from '../support/erp.ts';
import { invoices, ToldImport } from '../support/told-import.ts';

/** An export whose content is what the test says. */
class ToldFiles extends PromotedFiles {
  sha256 = 'a';

  constructor() {
    const store = new DirectoryStore('/nowhere');
    super({ store, inspections: new Inspections(), mostBytes: 0, mostWaiting: 0 });
  }

  override bring(): Promise<readonly ImportFile[]> {
    const { sha256 } = this;
    return Promise.resolve([
      { id: 'f', name: 'f.bin', length: 1, sha256, items: [], contents: {} },
    ]);
  }
}

class PreparedImport extends ToldImport {
  override prepare(): Record<string, unknown> {
    return {};
  }
}

const of = { connection: 'erp', onConflict: 'error', digests: ['a'] };
const seen = { evidence: {}, items: [invoices], basis: { newest: 1 } };

/** Tells exports by something else than their bytes. */
class TellingImport extends PreparedImport {
  readonly digestOf = () => 'a';
}

describe('a promotion that was planned, once it is its turn,', () => {
  it.each([
    ['is sent while nothing has moved', new PreparedImport(), 'a', 1, undefined],
    ['is sent where the same has other bytes by now', new TellingImport(), 'b', 1, undefined],
    [
      'is 412 where something else is exported by now',
      new PreparedImport(),
      'b',
      1,
      'precondition_failed',
    ],
    [
      'is 412 where something else stands there by now',
      new PreparedImport(),
      'a',
      2,
      'precondition_failed',
    ],
  ])('%s', async (_, part, sha256, newest, code) => {
    part.observes = () => ({ ...seen, basis: { newest } });
    const promoted = new ToldFiles();
    promoted.sha256 = sha256;
    const about = {
      kind: 'promote',
      connection: 'erp',
      platform: 'erp',
      process: null,
      input: {},
      planned: [],
      plan: { of, token: planTokenOf(of, seen) },
      requestId: 'r',
      caller: 'me',
    } as const;
    const kept = keptPromotion({ from: 'erp', onConflict: 'error', items: [] });
    const erp = erpWith({ import: part });
    const note = (): void => undefined;
    const tools = { connections: new ConnectionRegistry([erp]), promoted, note };
    const { signal } = new AbortController();
    const fetched = await fetchedPromotion(tools, 'erp', kept, signal);
    if ('refusal' in fetched) throw fetched.refusal;
    const planned = fetched.shown(queuedOperation(about, 0));
    const ready = await importReady(erp, planned, fetched.evidence, signal);
    expect(ready.refusal?.code).toBe(code);
  });
});
