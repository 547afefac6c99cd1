import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Places } from './places.ts';

const patient = new AbortController().signal;

/** Work that goes on until it is told to end. */
class Work {
  readonly begun: string[] = [];
  readonly #ends: (() => void)[] = [];

  of(name: string): () => Promise<string> {
    return () => {
      this.begun.push(name);
      return new Promise((resolve) => {
        this.#ends.push(() => {
          resolve(name);
        });
      });
    };
  }

  async end(): Promise<void> {
    this.#ends.shift()?.();
    await nextTurn();
  }
}

describe('places', () => {
  it('are taken at once, and then in the order in which who waits has come', async () => {
    const [places, work] = [new Places(2), new Work()];
    const names = ['a', 'b', 'c', 'd'];
    const taken = names.map((name) => places.take(work.of(name), patient));
    expect([work.begun, places.isFull, places.waiting]).toEqual([['a', 'b'], true, 2]);
    await work.end();
    expect([work.begun, places.waiting]).toEqual([['a', 'b', 'c'], 1]);
    for (let left = 3; left > 0; left -= 1) await work.end();
    expect(await Promise.all(taken)).toEqual(names);
    expect([places.isFull, places.waiting]).toEqual([false, 0]);
  });

  it('are not kept from who waits by those before it who have given up', async () => {
    const [places, work] = [new Places(2), new Work()];
    const [a, b] = [new AbortController(), new AbortController()];
    const running = ['x', 'y'].map((name) => places.take(work.of(name), patient));
    const waiting = [a, b].map(({ signal }, at) => places.take(work.of(`gone ${at}`), signal));
    const last = places.take(work.of('last'), patient);
    for (const [at, each] of [a, b].entries()) {
      each.abort(new Error('gone'));
      await expect(waiting[at]).rejects.toThrow('gone');
    }
    expect(places.waiting).toBe(1);
    await work.end();
    await work.end();
    await Promise.all(running);
    expect(work.begun).toEqual(['x', 'y', 'last']);
    await work.end();
    expect(await last).toBe('last');
  });

  it('are given back by work that fails, and not asked for by who has given up before', async () => {
    const [places, work] = [new Places(1), new Work()];
    const failing = places.take(() => Promise.reject(new Error('no')), patient);
    const next = places.take(work.of('next'), patient);
    await expect(failing).rejects.toThrow('no');
    await nextTurn();
    await work.end();
    expect(await next).toBe('next');
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(places.take(work.of('never'), gone)).rejects.toThrow('gone');
    expect(work.begun).toEqual(['next']);
  });

  it('do not end work that has begun with the patience of who waited for it', async () => {
    const [places, work] = [new Places(1), new Work()];
    const patience = new AbortController();
    const taken = places.take(work.of('a'), patience.signal);
    patience.abort(new Error('gone'));
    await work.end();
    expect(await taken).toBe('a');
  });
});
