import { describe, expect, test } from '@jest/globals';
import type { ProblemCode } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import { toProblem } from '../http/problem.ts';
import { defaultDemand } from './freshness.ts';
import { refusalFor, refusalOf } from './incomplete.ts';
import { type CatalogueSource, without } from './source.ts';

const failed = (connection: string, code: ProblemCode): Source => ({
  connection,
  platform: connection,
  status: 'failed',
  count: null,
  asOf: null,
  problem: { code, detail: `${connection} failed.` },
});

describe('a list of which every source failed', () => {
  test.each([
    ['for bad credentials alone', ['upstream_auth_failed', 'upstream_auth_failed'], false],
    ['also because one is away', ['upstream_auth_failed', 'upstream_unavailable'], true],
    ['for broken contracts alone', ['upstream_contract', 'upstream_contract'], false],
  ] as const)('%s can succeed later: %s %s', (_why, codes, retryable) => {
    const sources = codes.map((code, at) => failed(`c${at}`, code));
    for (const requireAll of [true, false]) {
      const refusal = refusalFor(sources, requireAll, defaultDemand);
      expect(refusal?.code).toBe('sources_unavailable');
      const request = { id: '1', path: '/' };
      expect(refusal === null ? null : toProblem(refusal, request).retryable).toBe(retryable);
    }
  });

  test('because all were too slow is a timeout, whether their walks still run or are over', () => {
    const running = {
      ...failed('a', 'upstream_timeout'),
      status: 'warming',
      problem: null,
    } as const;
    const over = failed('b', 'upstream_timeout');
    const code = (sources: readonly Source[], requireAll: boolean) =>
      refusalFor(sources, requireAll, defaultDemand)?.code;
    for (const slow of [[running], [over], [running, over]])
      expect(code(slow, true)).toBe('upstream_timeout');
    expect(code([over], false)).toBe('upstream_timeout');
    expect(code([over, failed('c', 'upstream_unavailable')], true)).toBe('sources_unavailable');
  });

  const source = (connection: string) => ({ connection, platform: connection }) as CatalogueSource;
  const waiting = (code: ProblemCode, retryAfterMs: number | null) => ({
    ...without(source(code), 'failed', { code, detail: 'It failed.' }, 'stale'),
    retryAfterMs,
  });

  test.each([
    [
      'the least wait of those that may come back',
      [waiting('upstream_rate_limited', 30_000), waiting('upstream_unavailable', 3_000)],
      3_000,
    ],
    [
      'not of what somebody has to change first',
      [waiting('upstream_auth_failed', 1_000), waiting('upstream_rate_limited', 30_000)],
      30_000,
    ],
    [
      'nothing where one may be asked at once',
      [waiting('upstream_rate_limited', 30_000), waiting('upstream_unavailable', null)],
      undefined,
    ],
    [
      'nothing where nothing comes back by itself',
      [waiting('upstream_auth_failed', 9_000)],
      undefined,
    ],
  ])('says when to ask again: %s', (_what, sources, retryAfterMs) => {
    const refusal = refusalOf(sources, true, defaultDemand);
    expect(refusal?.code).toBe('sources_unavailable');
    expect(refusal?.details.retryAfterMs).toBe(retryAfterMs);
  });

  test('tells the reasons as sentences, whatever they end with', () => {
    const [one, two] = [failed('a', 'upstream_auth_failed'), failed('b', 'upstream_contract')];
    const sources = [{ ...one, problem: { code: 'internal', detail: 'Wrong key' } } as const, two];
    const refusal = refusalFor(sources, true, defaultDemand);
    expect(refusal?.message).toBe('The list misses a (failed), b (failed). Wrong key. b failed.');
  });
});
