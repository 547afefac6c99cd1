import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Store } from '../kit/store.ts';
import { attempt, exclusiveOf, release, waitsOf } from './holds.ts';
import { orderOfForm } from './order.ts';
import { eventsOf, statusOf, stop } from './run.ts';
import { seedConcord } from './seed.ts';
import type { ConcordState, Run } from './state.ts';

let store: Store<ConcordState>;
let made: string[];

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 });
  store = new Store(null, 'holds', () => seedConcord(30));
  made = [];
});
afterEach(() => {
  jest.useRealTimers();
});

/** A run that sleeps for a second. */
function begin(group: string, changes: Partial<Run> = {}): Run {
  const [seeded] = Object.values(store.state.runs);
  if (seeded === undefined) throw new Error('the seed has no runs');
  const run: Run = {
    ...seeded,
    id: `run-${made.length}`,
    steps: [{ task: 'sleep', in: { duration: 1 } }],
    exclusive: { group },
    attempts: [],
    ...changes,
  };
  attempt(store.state, run);
  store.state.runs[run.id] = run;
  made.push(run.id);
  return run;
}

function later(ms: number): void {
  jest.setSystemTime(Date.now() + ms);
  release(store);
}

const status = (run: Run): string => statusOf(run, Date.now());
const at = (run: Run, name: string): number =>
  eventsOf(run, Date.now()).find((each) => each.status === name)?.atMs ?? Number.NaN;

describe('a run of a group', () => {
  test('waits for those of its project that go on, and tells of them', () => {
    const [first, second] = [begin('a'), begin('a')];
    const others = [begin('b'), begin('a', { project: null })];
    later(1_000);
    expect([first, second, ...others].map(status)).toEqual([
      'RUNNING',
      'WAITING',
      'RUNNING',
      'RUNNING',
    ]);
    expect(waitsOf(store.state, first)).toEqual([]);
    expect(waitsOf(store.state, second)).toMatchObject([{ processes: [first.id] }]);
  });

  test('goes on when they have ended, each after the other', () => {
    const runs = [begin('a'), begin('a'), begin('a')] as const;
    later(60_000);
    expect(runs.map(status)).toEqual(['FINISHED', 'FINISHED', 'FINISHED']);
    const [first, second, third] = runs;
    expect(at(second, 'RUNNING')).toBeGreaterThan(at(first, 'FINISHED'));
    expect(at(third, 'RUNNING')).toBeGreaterThan(at(second, 'FINISHED'));
    expect(eventsOf(third, Date.now()).map((each) => each.status)).toEqual([
      'NEW',
      'PREPARING',
      'ENQUEUED',
      'WAITING',
      'ENQUEUED',
      'STARTING',
      'RUNNING',
      'FINISHED',
    ]);
    expect(store.state.held).toEqual([]);
  });

  test('that is stopped ends at once, and the next one waits for the first alone', () => {
    const [first, second, third] = [begin('a'), begin('a'), begin('a')];
    later(1_000);
    expect(stop(second, Date.now())).toBe(true);
    later(0);
    expect([first, second, third].map(status)).toEqual(['RUNNING', 'CANCELLED', 'WAITING']);
    expect(waitsOf(store.state, third)).toMatchObject([{ processes: [first.id] }]);
  });

  test('is not held up by one that begins later, nor by one that has ended', () => {
    begin('a', { startAtMs: Date.now() + 3_600_000 });
    stop(begin('a'), Date.now());
    const run = begin('a');
    later(1_000);
    expect(status(run)).toBe('RUNNING');
  });
});

describe('what a configuration says of exclusiveness', () => {
  test.each([
    [{ group: 'a', mode: 'wait' }, { exclusive: { group: 'a' } }],
    [{ group: 'a', mode: 'cancel' }, {}],
    [{ group: 'a' }, {}],
    [{ mode: 'wait' }, {}],
    ['a', {}],
    [null, {}],
  ])('%j is %j', (given, wanted) => {
    expect(exclusiveOf(given)).toEqual(wanted);
  });

  test('is read from a project file, too', () => {
    const text = 'configuration:\n  exclusive: {group: a, mode: wait}\nflows: {main: []}\n';
    const part = {
      name: 'concord.yml',
      type: 'application/octet-stream',
      content: Buffer.from(text),
    };
    expect(orderOfForm([part]).file?.exclusive).toEqual({ group: 'a' });
  });
});
