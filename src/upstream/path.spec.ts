import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NotFoundError } from '../domain/errors.ts';
import { isSegment, path, segment } from './path.ts';

describe('an upstream path', () => {
  test('keeps whatever is put in as one segment, and gives it back decoded', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 }).map((each) => each.toWellFormed());
    fc.assert(
      fc.property(text.filter(isSegment), (key) => {
        const url = new URL(path`/api/v1/processes/${key}/versions/${7}`, 'http://upstream');
        const parts = url.pathname.split('/');
        expect(parts).toHaveLength(7);
        expect(decodeURIComponent(parts[4] ?? '')).toBe(key);
        expect(url.search + url.hash).toBe('');
        expect(url.host).toBe('upstream');
      }),
    );
  });

  test('leaves only unreserved characters as they are', () => {
    expect(segment(`a-Z_0.~ ü/?#%&=+:@!'()*;,[]`)).toBe(
      'a-Z_0.~%20%C3%BC%2F%3F%23%25%26%3D%2B%3A%40%21%27%28%29%2A%3B%2C%5B%5D',
    );
  });

  test('keeps what stands in the template', () => {
    expect(path`/odata/Processes('${'a b'}')/*`).toBe("/odata/Processes('a%20b')/*");
  });

  test.each(['', '.', '..'])('cannot hold %j, which servers resolve even when encoded', (key) => {
    expect(() => path`/process/v1/${key}`).toThrow(NotFoundError);
  });

  test('takes a lone surrogate as U+FFFD', () => {
    expect(segment('\ud800')).toBe('%EF%BF%BD');
  });
});
