import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Coalesced } from './coalesced.ts';

describe('a shared read', () => {
  it('never gives anybody a result that is older than the call, and reads no more than it must', async () => {
    const turns = fc.array(fc.record({ gap: fc.nat(3), takes: fc.nat(3), fails: fc.boolean() }), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(turns, async (calls) => {
        let [clock, reads] = [0, 0];
        const shared = new Coalesced(async () => {
          const began = clock;
          const { takes, fails } = calls[reads]!;
          reads += 1;
          await ticks(takes);
          if (fails) throw new Error(String(began));
          return began;
        });
        const asked: Promise<void>[] = [];
        for (const { gap } of calls) {
          await ticks(gap);
          const called = (clock += 1);
          const began = shared.run().catch((error: unknown) => Number((error as Error).message));
          asked.push(
            began.then((at) => {
              expect(at).toBeGreaterThanOrEqual(called);
            }),
          );
        }
        await Promise.all(asked);
        expect(reads).toBeLessThanOrEqual(calls.length);
      }),
    );
  });

  async function ticks(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) await Promise.resolve();
  }

  it('makes one read of many calls that come together, and one more for those that come meanwhile', async () => {
    let reads = 0;
    let finish: () => void = () => undefined;
    const shared = new Coalesced(() => {
      reads += 1;
      const read = reads;
      return new Promise<number>((resolve) => {
        finish = () => {
          resolve(read);
        };
      });
    });
    const first = shared.run();
    const others = [shared.run(), shared.run(), shared.run()];
    expect(reads).toBe(1);
    finish();
    expect(await first).toBe(1);
    await Promise.resolve();
    finish();
    expect(await Promise.all(others)).toEqual([2, 2, 2]);
    expect(reads).toBe(2);
  });

  it('reads again after one that failed', async () => {
    let reads = 0;
    const shared = new Coalesced(() => {
      reads += 1;
      return reads === 1 ? Promise.reject(new Error('lost')) : Promise.resolve(reads);
    });
    const [first, second] = [shared.run(), shared.run()];
    await expect(first).rejects.toThrow('lost');
    expect(await second).toBe(2);
    expect(await shared.run()).toBe(3);
  });
});
