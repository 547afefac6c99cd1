import { describe, expect, test } from '@jest/globals';
import type { ConnectionRegistry } from '../connections/connection-registry.ts';
import type { Connection } from '../connections/connection.ts';
import type { ExportsService } from '../exports/exports.service.ts';
import type { OperationAcceptance } from '../operations/operation-acceptance.ts';
import type { PromotedFiles } from '../operations/promoted-files.ts';
import { type PromotionCall, PromotionsService } from './promotions.service.ts';

/** Takes in promotions, whose exports come to no end by themselves. */
class Desk {
  readonly accepted: (string | null)[] = [];
  /** For as long as each export may go on. */
  readonly exports: AbortSignal[] = [];
  readonly promotions: PromotionsService;

  constructor() {
    const [from, to] = [connectionOf('erp'), connectionOf('erp-uat')];
    const exports = {
      order: () => ({ connection: from, items: [{ process: 'erp:invoices', version: null }] }),
      find: () => Promise.resolve([{ key: 'invoices', version: null }]),
    };
    const acceptance = {
      made: () => Promise.resolve(null),
      now: () => Promise.resolve(0),
      once: async (
        call: PromotionCall,
        _said: string,
        _thing: null,
        prepare: () => Promise<object>,
      ) => {
        await prepare();
        this.accepted.push(call.idempotencyKey);
        return { id: 'op-1', isReplay: false, status: null, made: null };
      },
    };
    const bring = (_promotion: object, _route: object, signal: AbortSignal): Promise<never> => {
      this.exports.push(signal);
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    };
    this.promotions = new PromotionsService(
      exports as unknown as ExportsService,
      { get: () => to } as unknown as ConnectionRegistry,
      acceptance as unknown as OperationAcceptance,
      { bring } as unknown as PromotedFiles,
    );
  }

  /** With the token of a plan, so that it is held against that before it is accepted. */
  call(idempotencyKey: string | null, gone: AbortSignal): PromotionCall {
    const body = { items: [{ process: 'erp:invoices' }], to: 'erp-uat' };
    const [caller, path, requestId] = ['me', '/v1/promotions', 'request-1'];
    return { caller, path, requestId, idempotencyKey, planToken: 'a-plan', body, gone };
  }
}

const platform = { name: 'erp', title: 'ERP' };

function connectionOf(id: string): Connection {
  const part = { modes: ['error'] };
  const config = { timeout: 600_000 };
  return { id, platform, config, part: () => part } as unknown as Connection;
}

describe('a promotion whose caller hangs up while it is exported', () => {
  test('is exported no longer, planned or not, but for one with a key', async () => {
    const desk = new Desk();
    const caller = new AbortController();
    const hungUp = new Error('the caller hung up');
    const begun = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));
    const call = (key: string | null) => desk.call(key, caller.signal);
    const planned = expect(desk.promotions.plan(call(null))).rejects.toBe(hungUp);
    await begun();
    const keyless = expect(desk.promotions.accept(call(null))).rejects.toBe(hungUp);
    await begun();
    void desk.promotions.accept(call('release-42'));
    await begun();
    caller.abort(hungUp);
    await Promise.all([planned, keyless]);
    expect(desk.exports.map(({ aborted }) => aborted)).toEqual([true, true, false]);
    expect(desk.accepted).toEqual([]);
  });
});
