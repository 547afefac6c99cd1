import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UpstreamRateLimitedError } from '../domain/errors.ts';
import type { CallBudget } from './budget.ts';
import { MemoryBudgets } from './memory-budgets.ts';

const name = { connection: 'uipath-eu', platform: 'uipath', title: 'UiPath' };
const windowMs = 60_000;

describe('a budget of calls', () => {
  let now = 0;
  const clock = (): number => now;

  function budget(calls: number, key = 'tenant', budgets = new MemoryBudgets(clock)): CallBudget {
    return budgets.open({ key, calls, windowMs }, name);
  }
  async function refusal(of: CallBudget): Promise<UpstreamRateLimitedError> {
    const error: unknown = await of.spend(1).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UpstreamRateLimitedError);
    return error as UpstreamRateLimitedError;
  }

  test('refuses what does not fit, proves that nothing was sent, and says when it fits', async () => {
    now = 1_000_000;
    const two = budget(2);
    await two.spend(1);
    now += 10_000;
    await two.spend(1);
    now += 5_000;
    const { details, message } = await refusal(two);
    expect(details).toMatchObject({ sent: 'no', connection: 'uipath-eu', retryAfterMs: 45_000 });
    expect(message).toBe(
      'UiPath (uipath-eu) takes 2 such calls in 60 seconds, and they are spent.',
    );
    now += 45_000;
    await two.spend(1);
    await refusal(two);
  });

  test('says how it stands', async () => {
    now = Date.now();
    const three = budget(3);
    expect(await three.state()).toMatchObject({ limit: 3, remaining: 3 });
    await three.spend(2);
    const state = await three.state();
    expect(state).toMatchObject({ limit: 3, remaining: 1 });
    expect(Date.parse(state?.resetsAt ?? '')).toBeGreaterThan(now + windowMs - 1_000);
  });

  test('is one for everybody who names its key, and another for any other key', async () => {
    const budgets = new MemoryBudgets(clock);
    await budget(1, 'a', budgets).spend(1);
    await refusal(budget(1, 'a', budgets));
    await budget(1, 'b', budgets).spend(1);
  });

  test('holds in every minute, wherever it begins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 60 }),
        async (calls, waits) => {
          const own = budget(calls);
          const taken: number[] = [];
          for (const wait of waits) {
            now += wait;
            const spent = await own.spend(1).then(
              () => true,
              () => false,
            );
            if (spent) taken.push(now);
          }
          for (const from of taken)
            expect(
              taken.filter((at) => at >= from && at < from + windowMs).length,
            ).toBeLessThanOrEqual(calls);
        },
      ),
    );
  });
});
