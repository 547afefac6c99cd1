import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { type FieldError, InvalidRequestError } from '../domain/errors.ts';
import { ListProcessesQuery } from '../processes/list-processes.query.ts';
import { ListRunsQuery } from '../runs/run.query.ts';
import { filterOf } from '../runs/list/run-filters.ts';
import { StartRunDto } from '../runs/starts/start-run.dto.ts';
import { bodyOf } from './body.ts';
import { QueryPipe } from './query.ts';
import { RawQuery } from './raw-query.ts';

const pipe = new QueryPipe();

function queried(target: Type<object>, name: string): (text: string) => unknown {
  return (text) =>
    pipe.transform(new RawQuery(`${name}=${encodeURIComponent(text)}`), {
      type: 'query',
      metatype: target,
    });
}

const taken: readonly (readonly [string, (text: string) => unknown])[] = [
  ['startedAfter', queried(ListRunsQuery, 'startedAfter')],
  ['startedBefore', queried(ListRunsQuery, 'startedBefore')],
  ['updatedAfter', queried(ListProcessesQuery, 'updatedAfter')],
  ['scheduleAt', (scheduleAt) => bodyOf({ scheduleAt }, StartRunDto)],
];

const wrong = [
  '2026-11-22T10Z',
  '2026-W47T10:00:00Z',
  '2026-W47-7T10:00:00Z',
  '2026-326T10:00:00Z',
  '2026-11-22T10:00:00,5Z',
  '20261122T100000Z',
  '2026-11-22T10:00:00',
  '2026-02-30T10:00:00Z',
  '2026-11-22T24:00:00Z',
  '2026-11-22 10:00:00Z',
  '2026-11-22',
  '',
];

function mistakesOf(taking: () => unknown): unknown {
  try {
    taking();
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.details.errors;
    throw error;
  }
  return null;
}

describe.each(taken)('%s', (at, take) => {
  it.each(wrong)('is refused by its name as %j', (text) => {
    const message = expect.stringContaining('must be an instant of RFC 3339');
    expect(mistakesOf(() => take(text))).toEqual([{ at, message }]);
  });

  it.each(['2026-11-22T10:00:00Z', '2026-11-22t10:00:00.123456+05:30', '2026-12-31T23:59:60Z'])(
    'is %s',
    (text) => {
      expect(mistakesOf(() => take(text))).toBeNull();
    },
  );
});

it('a blank is told as what + means in a URL, and only where there is one', () => {
  const text = '2026-11-22T10:00:00 00:00';
  for (const [at, take] of taken) {
    const [mistake] = mistakesOf(() => take(text)) as [FieldError];
    const hint = at === 'scheduleAt' ? '' : '; in a URL, + has to be written as %2B';
    expect(mistake.message).toBe(`must be an instant of RFC 3339, as 2026-01-01T00:00:00Z${hint}`);
  }
});

it('a leap second is the last moment before it, not no filter', () => {
  const query = queried(ListRunsQuery, 'startedAfter')('2026-12-31T23:59:60Z') as ListRunsQuery;
  expect(filterOf(query, null).startedAfter).toBe(Date.parse('2026-12-31T23:59:59.999Z'));
});
