import { expect, test } from '@jest/globals';
import { boundUrl } from './summary.ts';

test.each([
  ['127.0.0.1', 'http://127.0.0.1:3000'],
  ['0.0.0.0', 'http://127.0.0.1:3000'],
  ['::', 'http://[::1]:3000'],
  ['::1', 'http://[::1]:3000'],
  ['192.0.2.7', 'http://192.0.2.7:3000'],
  // Another program may listen on the other address that the name stands for.
])('a server on %s is waited for at %s, by no name', (host, url) => {
  expect(boundUrl(host, 3_000)).toBe(url);
});
