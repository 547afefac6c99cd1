import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ProgressNotes, type Shown } from './progress-notes.ts';

const everyMs = 2_000;

/** A store of a number that callers see. */
class Numbers {
  doc = 0;
  /** Each that was stored, in its order. */
  readonly stored: number[] = [];
  readonly failures: string[] = [];
  /** What storing waits for, each time. */
  waits: () => Promise<void> = () => Promise.resolve();

  async store(shown: Shown<number>): Promise<void> {
    await this.waits();
    const doc = shown(this.doc);
    if (doc === this.doc) return;
    this.doc = doc;
    this.stored.push(doc);
  }
}

let numbers: Numbers;
let notes: ProgressNotes<number>;

beforeEach(() => {
  jest.useFakeTimers();
  numbers = new Numbers();
  notes = new ProgressNotes(
    (shown) => numbers.store(shown),
    everyMs,
    (error) => numbers.failures.push(String(error)),
  );
});
afterEach(() => {
  jest.useRealTimers();
});

const note = (done: number, isUrgent = false): void => {
  notes.note(() => done, isUrgent);
};
const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

describe('notes of how far a write has come', () => {
  it('are stored as often as their time comes, however often it is told: the newest of them', async () => {
    for (let done = 1; done <= 1_000; done += 1) {
      note(done);
      await pass(10);
    }
    expect(numbers.stored.map((done) => Math.round(done / 100))).toEqual([2, 4, 7, 10]);
    await pass(30_000);
    expect(numbers.doc).toBe(1_000);
  });

  it('are stored ever more seldom, as each is kept for a day: fifty times in a quarter of an hour at most', async () => {
    for (let second = 1; second <= 900; second += 1) {
      note(second);
      await pass(1_000);
    }
    expect(numbers.stored.length).toBeLessThan(50);
    expect(900 - numbers.doc).toBeLessThanOrEqual(31);
  });

  it('are not stored of what has ended before their time', async () => {
    note(1);
    await pass(everyMs - 1);
    notes.end();
    await pass(everyMs);
    note(2);
    await pass(everyMs);
    expect([numbers.stored, jest.getTimerCount()]).toEqual([[], 0]);
  });

  it('are stored at once where they are urgent, and only then again', async () => {
    note(1);
    note(2, true);
    await pass(0);
    expect(numbers.stored).toEqual([2]);
    note(3);
    await pass(everyMs - 1);
    expect(numbers.stored).toEqual([2]);
    await pass(1);
    expect(numbers.stored).toEqual([2, 3]);
  });

  it('are stored one after the other, the urgent one right behind one that takes long', async () => {
    let goOn = (): void => undefined;
    numbers.waits = () => new Promise((resolve) => (goOn = resolve));
    note(1);
    await pass(everyMs);
    numbers.waits = () => Promise.resolve();
    note(2, true);
    await pass(everyMs);
    expect(numbers.stored).toEqual([]);
    goOn();
    await pass(0);
    expect(numbers.stored).toEqual([1, 2]);
  });

  it('change nothing that is read anew once all has ended', async () => {
    let goOn = (): void => undefined;
    numbers.waits = () => new Promise((resolve) => (goOn = resolve));
    note(1);
    await pass(everyMs);
    notes.end();
    goOn();
    await pass(0);
    expect(numbers.stored).toEqual([]);
  });

  it('that cannot be stored are told of, and stored with the next one', async () => {
    numbers.waits = () => Promise.reject(new Error('Redis is away'));
    note(1);
    await pass(everyMs);
    numbers.waits = () => Promise.resolve();
    expect(numbers.failures).toEqual(['Error: Redis is away']);
    await pass(everyMs);
    expect(numbers.stored).toEqual([1]);
  });
});
