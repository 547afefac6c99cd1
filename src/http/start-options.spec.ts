import { expect, it } from '@jest/globals';
import { InvalidRequestError } from '../domain/errors.ts';
import { concord, odsl } from '../platforms/index.ts';
import { bodyOf } from './body.ts';

it.each([
  [odsl, { delay: '5' }, 'must be a whole number from 0 to 86400000'],
  [odsl, { delay: -1 }, 'must be a whole number from 0 to 86400000'],
  [concord, { activeProfiles: 'a' }, 'must be an array of at most 100 names'],
  [concord, { out: 'a' }, 'must be an array of at most 100 names'],
])('options of $name that are no such thing are told what would be: %j', (platform, sent, what) => {
  const [at = ''] = Object.keys(sent);
  let errors: unknown = null;
  try {
    bodyOf(sent, platform.startOptions);
  } catch (error) {
    if (error instanceof InvalidRequestError) errors = error.details.errors;
  }
  expect(errors).toEqual([{ at, message: expect.stringContaining(what) }]);
});
