import { describe, expect, it } from '@jest/globals';
import { array, assert, boolean, integer, property, record, string } from 'fast-check';
import { eventId, reachedBy } from './event-id.ts';

const reached = record({ after: integer({ min: 0, max: 999_999_999 }), hasEnd: boolean() });

describe('the id of an event', () => {
  it('says how far each record has come', () => {
    assert(
      property(array(reached, { minLength: 1 }), (all) => {
        expect(reachedBy(eventId(all), all.length)).toEqual(all);
      }),
    );
  });

  it('that is of other records, or none at all, brings nobody anywhere', () => {
    expect(reachedBy('3.1e', 3)).toEqual(Array(3).fill({ after: 0, hasEnd: false }));
    assert(
      property(string(), (text) => {
        expect(reachedBy(`${text}x`, 1)).toEqual([{ after: 0, hasEnd: false }]);
      }),
    );
  });
});
