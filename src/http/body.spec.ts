import { describe, expect, it } from '@jest/globals';
import { IsObject, IsOptional } from 'class-validator';
import { InvalidRequestError } from '../domain/errors.ts';
import { platforms } from '../platforms/all.ts';
import { StartRunDto } from '../runs/starts/start-run.dto.ts';
import { bodyOf } from './body.ts';

class Sent {
  @IsOptional()
  @IsObject()
  input?: object;
}

it('a member that is JSON is the very JSON that came: copies of large ones took seconds', () => {
  const input = { a: [{ b: 1 }] };
  expect(bodyOf({ input }, Sent).input).toBe(input);
});

function mistakesOf(reading: () => unknown): unknown {
  try {
    return reading();
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.details.errors;
    throw error;
  }
}

const message = 'is not a member that is known here';
const inherited = Object.getOwnPropertyNames(Object.prototype).filter(
  // JSON with that one is refused before anybody looks at its members.
  (name) => name !== '__proto__',
);
const classes = [Sent, StartRunDto, ...platforms.map(({ startOptions }) => startOptions)];

describe.each(inherited)('a member called %s', (name) => {
  it.each(classes)('is refused by its own name, and no other: %p', (target) => {
    expect(mistakesOf(() => bodyOf({ [name]: 1 }, target))).toEqual([{ at: name, message }]);
    expect(mistakesOf(() => bodyOf({ [name]: 1 }, target, 'items[3]'))).toEqual([
      { at: `items[3].${name}`, message },
    ]);
  });

  it('is named beside what else is wrong, and what is right is not', () => {
    expect(mistakesOf(() => bodyOf({ [name]: {}, input: 1, other: 2 }, Sent))).toEqual([
      { at: name, message },
      { at: 'other', message },
      { at: 'input', message: 'must be an object' },
    ]);
    expect(mistakesOf(() => bodyOf({ [name]: 1, input: {} }, Sent))).toEqual([
      { at: name, message },
    ]);
  });
});

it('what stands within a member that is JSON may have any name', () => {
  const input = { constructor: 1, hasOwnProperty: 2 };
  expect(bodyOf({ input }, Sent).input).toBe(input);
});
