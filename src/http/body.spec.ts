import { expect, it } from '@jest/globals';
import { IsObject } from 'class-validator';
import { bodyOf } from './body.ts';

class Sent {
  @IsObject()
  input!: object;
}

it('a member that is JSON is the very JSON that came: copies of large ones took seconds', () => {
  const input = { a: [{ b: 1 }] };
  expect(bodyOf({ input }, Sent).input).toBe(input);
});
