import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { explainGeneric, isProse, parseObject, pick, presentable } from './upstream-failure.ts';

const explain = (text: string, type = 'application/json'): unknown =>
  explainGeneric({ status: 400, headers: { 'content-type': type }, text });

describe('the words of an upstream', () => {
  test.each([
    [
      'RFC 9457',
      { title: 'Bad', detail: 'The name is taken.', traceId: '7' },
      'The name is taken.',
      '7',
    ],
    ['a message', { errorCode: 1002, message: 'Not allowed.' }, 'Not allowed.', null],
    ['RFC 6749', { error: 'invalid_client', error_description: 'Wrong.' }, 'Wrong.', null],
    ['capitals', { Message: 'Nope.', RequestId: 'r1' }, 'Nope.', 'r1'],
    ['only a title', { title: 'Conflict' }, 'Conflict', null],
    ['nothing known', { foo: 'bar' }, null, null],
  ])('are found in %s', (_name, body, message, requestId) => {
    expect(explain(JSON.stringify(body))).toMatchObject({ message, requestId });
  });

  test('are a plain sentence where there is one, and not a web page', () => {
    expect(explain('The queue is full.', 'text/plain')).toEqual({ message: 'The queue is full.' });
    expect(explain('<html><h1>502</h1></html>', 'text/plain')).toEqual({ message: null });
    expect(explain('Bad gateway', 'text/html')).toEqual({ message: null });
    expect(isProse(' \n ', {})).toBe(false);
  });

  test('of any kind are read without a crash', () => {
    const body = fc.oneof(fc.json(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(body, (text) => {
        expect(() => explain(text)).not.toThrow();
      }),
    );
  });

  test('are one line without control characters, and not too long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
        const shown = presentable(text, []);
        if (shown === null) return;
        // eslint-disable-next-line no-control-regex -- what must not be there
        expect(shown).not.toMatch(/[\u0000-\u001f\u007f]/);
        expect(shown.length).toBeLessThanOrEqual(601);
        expect(shown).not.toBe('');
      }),
    );
    expect(presentable('Can not delete. \r\n  In use.\t', [])).toBe('Can not delete. In use.');
    expect(presentable(' \n', [])).toBeNull();
    expect(presentable(undefined, [])).toBeNull();
  });

  test('never show a secret, wherever it stands and however it is written', () => {
    const secret = fc.string({ minLength: 8, maxLength: 40 }).filter((text) => /\S{8}/.test(text));
    fc.assert(
      fc.property(fc.string(), secret, fc.string(), (before, hidden, after) => {
        for (const written of [
          hidden,
          encodeURIComponent(hidden),
          JSON.stringify(hidden).slice(1, -1),
        ]) {
          const shown = presentable(`${before} ${written} ${after}`, [hidden]) ?? '';
          expect(shown.replaceAll('[redacted]', '')).not.toContain(written);
        }
      }),
    );
  });

  test('hide the longer of two secrets whole when one is part of the other', () => {
    expect(presentable('token abcd1234efgh', ['abcd1234', 'abcd1234efgh'])).toBe(
      'token [redacted]',
    );
  });
});

describe('an error body', () => {
  test('is an object or nothing', () => {
    expect(parseObject('{"a":1}')).toEqual({ a: 1 });
    for (const text of ['[1]', 'null', '"a"', '7', '', '{']) expect(parseObject(text)).toBeNull();
  });

  test('gives the first member that says something, as text', () => {
    expect(pick({ code: '', Code: 5, message: 'x' }, 'code', 'message')).toBe('x');
    expect(pick({ CODE: 5 }, 'code')).toBe('5');
    expect(pick({ code: { nested: true } }, 'code')).toBeNull();
  });
});
