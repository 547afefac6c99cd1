import { describe, expect, test } from '@jest/globals';
import type { ProblemCode } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import { toProblem } from '../http/problem.ts';
import { defaultDemand } from './freshness.ts';
import { refusalFor } from './incomplete.ts';

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
});
