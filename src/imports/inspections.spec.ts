import { describe, expect, test } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type InspectionLimits, Inspections } from './inspections.ts';

const patient: InspectionLimits = {
  smallBytes: 10,
  smallAtOnce: 3,
  largeAtOnce: 2,
  mostWaiting: 2,
  waitMs: 600_000,
  lookMs: 600_000,
};
const busy = {
  code: 'store_unavailable',
  details: { outcome: 'not_sent', retryAfterMs: 10_000 },
};

/** Looks that go on until they are told to end. */
class Looks {
  begun = 0;
  readonly #ends: (() => void)[] = [];

  readonly inspect = (): Promise<number> => {
    this.begun += 1;
    const own = this.begun;
    return new Promise((resolve) => {
      this.#ends.push(() => {
        resolve(own);
      });
    });
  };

  end(): void {
    this.#ends.shift()?.();
  }
}

describe('looks into files', () => {
  test('are so many at once, the others have their turn in order, and what is more is sent away', async () => {
    const inspections = new Inspections(patient);
    const looks = new Looks();
    const four = Array.from({ length: 4 }, () => inspections.look(11, looks.inspect));
    expect(looks.begun).toBe(2);
    await expect(inspections.look(11, looks.inspect)).rejects.toMatchObject(busy);
    looks.end();
    expect(await four[0]).toBe(1);
    await nextTurn();
    expect(looks.begun).toBe(3);
    for (let left = 3; left > 0; left -= 1) {
      looks.end();
      await nextTurn();
    }
    expect(await Promise.all(four)).toEqual([1, 2, 3, 4]);
  });

  test('into small files do not wait for those into large ones', async () => {
    const inspections = new Inspections(patient);
    const looks = new Looks();
    const large = Array.from({ length: 2 }, () => inspections.look(11, looks.inspect));
    expect(await inspections.look(10, () => Promise.resolve('seen'))).toBe('seen');
    looks.end();
    looks.end();
    await Promise.all(large);
  });

  test('that have waited too long are sent away, and keep nobody behind them from their turn', async () => {
    const looks = new Looks();
    const hasty = new Inspections({ ...patient, largeAtOnce: 1, waitMs: 50 });
    const first = hasty.look(11, looks.inspect);
    await expect(hasty.look(11, looks.inspect)).rejects.toMatchObject(busy);
    const next = hasty.look(11, looks.inspect);
    looks.end();
    expect(await first).toBe(1);
    await nextTurn();
    looks.end();
    expect(await next).toBe(2);
    expect(looks.begun).toBe(2);
  });

  test('have their time from their turn on, and say so once it is over', async () => {
    const looks = new Looks();
    const inspections = new Inspections({ ...patient, largeAtOnce: 1, lookMs: 100 });
    const never = (time: AbortSignal): Promise<never> =>
      new Promise((_, reject) => {
        time.addEventListener('abort', () => {
          reject(time.reason as Error);
        });
      });
    const first = inspections.look(11, looks.inspect);
    let isBegun = false;
    const late = inspections.look(11, (time) => {
      isBegun = true;
      expect(time.aborted).toBe(false);
      return never(time);
    });
    const ended = expect(late).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('in its time'),
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(isBegun).toBe(false);
    looks.end();
    await first;
    await ended;
  });

  test('that fail say what they failed with, and end their turn', async () => {
    const inspections = new Inspections({ ...patient, largeAtOnce: 1 });
    const defect = new Error('no package');
    await expect(inspections.look(11, () => Promise.reject(defect))).rejects.toBe(defect);
    expect(await inspections.look(11, () => Promise.resolve(7))).toBe(7);
  });
});
