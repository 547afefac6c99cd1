import { describe, expect, test } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type InspectionLimits, Inspections } from './inspections.ts';

const patient: InspectionLimits = {
  smallBytes: 10,
  small: { atOnce: 1, mostWaiting: 1 },
  large: { atOnce: 2, mostWaiting: 2 },
  waitMs: 600_000,
  lookMs: 600_000,
};
const oneAtOnce: InspectionLimits = { ...patient, large: { ...patient.large, atOnce: 1 } };
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
  test('are so many at once, and the others have their turn in order', async () => {
    const inspections = new Inspections(patient);
    const looks = new Looks();
    const four = Array.from({ length: 4 }, () => inspections.look(11, looks.inspect));
    expect(looks.begun).toBe(2);
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
    const large = Array.from({ length: 4 }, () => inspections.look(11, looks.inspect));
    inspections.admit(10);
    expect(await inspections.look(10, () => Promise.resolve('seen'))).toBe('seen');
    for (const each of large) {
      looks.end();
      await each;
      await nextTurn();
    }
  });

  test.each([
    ['large', 11, 4],
    ['small', 10, 2],
  ])(
    'into %s files that come while as many wait as may are refused beforehand, and not after they were let in',
    async (_kind, length, most) => {
      const inspections = new Inspections(patient);
      const looks = new Looks();
      const begun = Array.from({ length: most - 1 }, () => inspections.look(length, looks.inspect));
      inspections.admit(length);
      // Two come at once: both were let in.
      inspections.admit(length);
      begun.push(inspections.look(length, looks.inspect), inspections.look(length, looks.inspect));
      expect(() => {
        inspections.admit(length);
      }).toThrow(expect.objectContaining(busy));
      for (const each of begun) {
        looks.end();
        await each;
        await nextTurn();
      }
      expect(looks.begun).toBe(most + 1);
      inspections.admit(length);
    },
  );

  test('into small files that have waited too long are given up, and keep nobody behind them from their turn', async () => {
    const looks = new Looks();
    const hasty = new Inspections({ ...patient, waitMs: 50 });
    const first = hasty.look(10, looks.inspect);
    await expect(hasty.look(10, looks.inspect)).rejects.toMatchObject(busy);
    const next = hasty.look(10, looks.inspect);
    looks.end();
    expect(await first).toBe(1);
    await nextTurn();
    looks.end();
    expect(await next).toBe(2);
    expect(looks.begun).toBe(2);
  });

  test('into large files wait for as long as those before them take', async () => {
    const looks = new Looks();
    const inspections = new Inspections({ ...oneAtOnce, waitMs: 1 });
    const first = inspections.look(11, looks.inspect);
    const second = inspections.look(11, looks.inspect);
    await new Promise((resolve) => setTimeout(resolve, 50));
    looks.end();
    expect(await first).toBe(1);
    await nextTurn();
    looks.end();
    expect(await second).toBe(2);
  });

  test('that nobody wants any more do not begin, and keep nobody behind them from their turn', async () => {
    const looks = new Looks();
    const inspections = new Inspections(oneAtOnce);
    const caller = new AbortController();
    const first = inspections.look(11, looks.inspect);
    const unwanted = [1, 2].map(() => inspections.look(11, looks.inspect, caller.signal));
    const ends = unwanted.map((each) => expect(each).rejects.toMatchObject(busy));
    const last = inspections.look(11, looks.inspect);
    caller.abort();
    await Promise.all(ends);
    await expect(inspections.look(11, looks.inspect, caller.signal)).rejects.toMatchObject(busy);
    looks.end();
    await first;
    await nextTurn();
    looks.end();
    expect(await last).toBe(2);
    expect(looks.begun).toBe(2);
  });

  test('have their time from their turn on, and say so once it is over', async () => {
    const looks = new Looks();
    const inspections = new Inspections({ ...oneAtOnce, lookMs: 100 });
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
    const inspections = new Inspections(oneAtOnce);
    const defect = new Error('no package');
    await expect(inspections.look(11, () => Promise.reject(defect))).rejects.toBe(defect);
    expect(await inspections.look(11, () => Promise.resolve(7))).toBe(7);
  });
});
