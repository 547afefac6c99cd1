import { describe, expect, it } from '@jest/globals';
import { type Cell, emptyCell } from './cell.ts';
import {
  answersAlone,
  defaultDemand,
  demandOf,
  type FreshnessPolicy,
  isPressing,
  judge,
  keepMsOf,
  standsIn,
  whyForwarded,
} from './freshness.ts';

const policy: FreshnessPolicy = {
  ttl: 30_000,
  staleWhileRevalidate: 600_000,
  staleIfError: 86_400_000,
};
const now = 1_800_000_000_000;
const aged = (seconds: number, changes: Partial<Cell> = {}): Cell => ({
  ...emptyCell,
  value: Buffer.from('{}'),
  asOf: now - seconds * 1_000,
  seq: 1,
  begun: 1,
  ...changes,
});

describe('what a request asks of freshness', () => {
  it('is what is configured when it asks nothing, and costs nothing to read', () => {
    expect(demandOf(undefined)).toBe(defaultDemand);
    for (const header of ['', 'no-store', 'no-transform', 'private, x=1', 'max-age', 'max-age=-1'])
      expect(demandOf(header)).toEqual(defaultDemand);
  });

  it.each([
    ['no-cache', { forced: true }],
    ['No-Cache', { forced: true }],
    ['no-cache="set-cookie"', { forced: true }],
    ['max-age=0', { forced: true, maxAgeMs: 0 }],
    ['max-age=60', { maxAgeMs: 60_000 }],
    ['max-age="60"', { maxAgeMs: 60_000 }],
    ['max-stale=60', { maxStaleMs: 60_000 }],
    ['max-stale', { maxStaleMs: Number.POSITIVE_INFINITY }],
    ['max-stale=soon', {}],
    ['max-age=0, max-stale=60', { maxAgeMs: 0, maxStaleMs: 60_000 }],
    ['min-fresh=5', { minFreshMs: 5_000 }],
    ['only-if-cached', { onlyIfCached: true }],
    [
      'only-if-cached,max-stale=1 , max-age=2',
      { onlyIfCached: true, maxStaleMs: 1e3, maxAgeMs: 2e3 },
    ],
    ['no-cache, max-stale', { forced: true, maxStaleMs: Number.POSITIVE_INFINITY }],
  ])('%s', (header, asked) => {
    expect(demandOf(header)).toEqual({ ...defaultDemand, ...asked });
  });

  it('sets the pace of walks only at a distance', () => {
    expect(
      ['no-cache', 'max-age=5', 'min-fresh=5'].map((each) => isPressing(demandOf(each))),
    ).toEqual([true, true, true]);
    expect(['', 'max-stale=5', 'only-if-cached'].map((each) => isPressing(demandOf(each)))).toEqual(
      [false, false, false],
    );
  });
});

describe('what a cell is worth to a call', () => {
  it.each([
    // Age in s, Cache-Control, worth.
    [0, '', 'fresh'],
    [29.999, '', 'fresh'],
    [30, '', 'stale'],
    [629.999, '', 'stale'],
    [630, '', 'wait'],
    [0, 'no-cache', 'wait'],
    [0, 'max-age=0', 'wait'],
    [20, 'max-age=20', 'fresh'],
    [20.001, 'max-age=20', 'wait'],
    [29.999, 'max-age=60', 'fresh'],
    [40, 'max-age=60', 'stale'],
    [60.001, 'max-age=60', 'wait'],
    [700, 'max-age=1000', 'wait'],
    [24.999, 'min-fresh=5', 'fresh'],
    [25, 'min-fresh=5', 'wait'],
    [0, 'min-fresh=30', 'wait'],
    [25, 'min-fresh=5, max-stale', 'wait'],
    [34.999, 'max-stale=5', 'stale'],
    [35, 'max-stale=5', 'wait'],
    [30, 'max-stale=0', 'wait'],
    [29, 'max-stale=0', 'fresh'],
    [1e9, 'max-stale', 'stale'],
    [1_000, 'max-stale=1000', 'stale'],
    [12, 'max-age=10, max-stale=5', 'stale'],
    [15, 'max-age=10, max-stale=5', 'wait'],
    [34, 'max-age=60, max-stale=5', 'stale'],
    [36, 'max-age=60, max-stale=5', 'wait'],
    [59, 'max-age=0, max-stale=60', 'stale'],
    [0, 'max-age=0, max-stale=60', 'fresh'],
    [0, 'only-if-cached', 'fresh'],
  ] as const)('at the age of %d s, asked for %p, it is %s', (age, header, worth) => {
    expect(judge(aged(age), now, policy, demandOf(header))).toBe(worth);
  });

  it('is nothing when it was never read', () => {
    expect(judge(emptyCell, now, policy, defaultDemand)).toBe('missing');
    expect(judge({ ...emptyCell, mark: 3 }, now, policy, demandOf('no-cache'))).toBe('missing');
  });

  it('is not enough once something was written since, however stale the call would take it', () => {
    const written = aged(0, { seenMark: 1, mark: 2 });
    for (const header of ['', 'max-age=60', 'max-stale'])
      expect(judge(written, now, policy, demandOf(header))).toBe('wait');
    expect(judge(aged(0, { seenMark: 2, mark: 2 }), now, policy, defaultDemand)).toBe('fresh');
    // A store that has lost its marks knows nothing of what was written.
    expect(judge(aged(0, { seenMark: 2, mark: 0 }), now, policy, defaultDemand)).toBe('wait');
  });

  it('is not fresh for hours because a clock was set back', () => {
    expect(judge(aged(-3_600), now, policy, defaultDemand)).toBe('wait');
    expect(judge(aged(-0.05), now, policy, defaultDemand)).toBe('fresh');
  });
});

describe('what stands in for an upstream', () => {
  it('is what is kept, for as long as is configured', () => {
    expect(standsIn(aged(86_429), now, policy)).toBe(true);
    expect(standsIn(aged(86_430), now, policy)).toBe(false);
    expect(standsIn(emptyCell, now, policy)).toBe(false);
    expect(keepMsOf(policy)).toBe(86_430_000);
    expect(keepMsOf({ ...policy, staleIfError: 0 })).toBe(630_000);
  });

  it.each([
    [3_600, 'only-if-cached', true],
    [90_000, 'only-if-cached', false],
    [60, 'only-if-cached, max-age=61', true],
    [60, 'only-if-cached, max-age=59', false],
    [60, 'only-if-cached, max-stale=31', true],
    [60, 'only-if-cached, max-stale=29', false],
    [90_000, 'only-if-cached, max-stale', true],
    [20, 'only-if-cached, min-fresh=9', true],
    [20, 'only-if-cached, min-fresh=11', false],
    [0, 'only-if-cached, no-cache', false],
  ] as const)('at the age of %d s, asked for %p: %p', (age, header, answers) => {
    expect(answersAlone(aged(age), now, policy, demandOf(header))).toBe(answers);
  });
});

describe('why an upstream is asked', () => {
  it.each([
    ['no-cache', aged(1), 'request'],
    ['no-cache', emptyCell, 'request'],
    ['max-age=5', aged(10), 'request'],
    ['min-fresh=25', aged(10), 'request'],
    ['max-age=5', aged(31), 'stale'],
    ['', aged(631), 'stale'],
    ['min-fresh=1', emptyCell, 'uri-miss'],
  ] as const)('%s', (header, cell, why) => {
    expect(whyForwarded(cell, now, policy, demandOf(header))).toBe(why);
  });
});
