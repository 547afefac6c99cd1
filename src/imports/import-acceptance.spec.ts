import { describe, expect, test } from '@jest/globals';
import type { Connection } from '../connections/connection.ts';
import type { Inspection } from '../domain/import.ts';
import { Inspections } from '../files/inspections.ts';
import type { FileStore } from '../files/file-store.ts';
import type { OperationAcceptance } from '../operations/operation-acceptance.ts';
import { ImportAcceptance } from './import-acceptance.ts';
import type { ImportCall } from './import-call.ts';
import type { ImportOrder } from './import-order.ts';

/** Larger than what does not wait for others. */
const length = 2 * 1_024 ** 2;
const empty: Inspection = { items: [], contents: {} };

/** Takes in imports, whose files are looked into until that is told to end. */
class Desk {
  readonly accepted: (string | null)[] = [];
  /** For as long as each look at the platform may take: none comes to an end by itself. */
  readonly looks: AbortSignal[] = [];
  readonly #ends: (() => void)[] = [];
  readonly imports: ImportAcceptance;
  readonly order: ImportOrder;

  constructor() {
    const acceptance = {
      made: () => Promise.resolve(null),
      now: () => Promise.resolve(0),
      once: async (
        call: ImportCall,
        _said: string,
        _thing: null,
        prepare: () => Promise<object>,
      ) => {
        if (call.planToken !== null) await prepare();
        this.accepted.push(call.idempotencyKey);
        return { id: 'op-1', isReplay: false, status: null, made: null };
      },
    };
    const inspect = (): Promise<Inspection> =>
      new Promise((resolve) => {
        this.#ends.push(() => {
          resolve(empty);
        });
      });
    const observe = (_evidence: object, signal: AbortSignal): Promise<never> => {
      this.looks.push(signal);
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    };
    const connection = {
      id: 'frends',
      config: { timeout: 600_000 },
      adapter: { parts: {} },
      part: () => ({ inspect, observe, prepare: () => ({}) }),
    };
    this.imports = new ImportAcceptance(
      acceptance as unknown as OperationAcceptance,
      {} as FileStore,
      new Inspections(),
    );
    this.order = {
      connection: connection as unknown as Connection,
      onConflict: 'error',
      validateOnly: false,
      version: null,
      file: { id: 'file-1', length, sha256: '', name: 'a.json' },
      held: null,
    };
  }

  call(idempotencyKey: string | null, gone = new AbortController().signal): ImportCall {
    const [caller, path, requestId] = ['me', '/v1/imports', 'request-1'];
    return { caller, path, requestId, idempotencyKey, planToken: null, gone };
  }

  accept(call: ImportCall): Promise<unknown> {
    return this.imports.accept(call, this.order);
  }

  /** Ends the looks that are under way, and those that begin by that. */
  async end(): Promise<void> {
    for (let look = this.#ends.shift(); look !== undefined; look = this.#ends.shift()) {
      look();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('an import whose caller hangs up while its file waits to be looked into', () => {
  test('is not accepted, and not planned either, but for one with a key, whose caller asks again', async () => {
    const desk = new Desk();
    const caller = new AbortController();
    const before = [desk.accept(desk.call(null)), desk.accept(desk.call(null))];
    // What comes first begins first.
    await new Promise((resolve) => setImmediate(resolve));
    const keyless = desk.accept(desk.call(null, caller.signal));
    const planned = desk.imports.plan(desk.call(null, caller.signal), desk.order);
    const ends = [keyless, planned].map((each) =>
      expect(each).rejects.toMatchObject({ code: 'store_unavailable' }),
    );
    const keyed = desk.accept(desk.call('release-42', caller.signal));
    await new Promise((resolve) => setImmediate(resolve));
    caller.abort();
    await Promise.all(ends);
    await desk.end();
    await Promise.all([...before, keyed]);
    expect(desk.accepted).toEqual([null, null, 'release-42']);
  });
});

describe('an import whose caller hangs up while its platform is looked at', () => {
  test('is looked at no longer, planned or not, but for one with a key', async () => {
    const desk = new Desk();
    const caller = new AbortController();
    const call = (key: string | null) => ({
      ...desk.call(key, caller.signal),
      planToken: 'a-plan',
    });
    const begun = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      await desk.end();
    };
    const hungUp = new Error('the caller hung up');
    const planned = expect(desk.imports.plan(call(null), desk.order)).rejects.toBe(hungUp);
    await begun();
    const keyless = expect(desk.accept(call(null))).rejects.toBe(hungUp);
    await begun();
    void desk.accept(call('release-42'));
    await begun();
    caller.abort(hungUp);
    await Promise.all([planned, keyless]);
    expect(desk.looks.map(({ aborted }) => aborted)).toEqual([true, true, false]);
    expect(desk.accepted).toEqual([]);
  });
});
