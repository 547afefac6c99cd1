import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InvalidRequestError } from './errors.ts';
import { connectionIdPattern, decodeKey, encodeKey, formatId, parseId } from './ids.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 60 });
const wellFormed = anyText.map((text) => text.toWellFormed());
const connection = fc.stringMatching(/^[a-z0-9-]{1,40}$/);
const key = fc
  .array(wellFormed, { minLength: 1, maxLength: 5 })
  .map(encodeKey)
  .filter((text) => text !== '');

describe('an id', () => {
  test('gives back the parts of its key, whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(wellFormed, { minLength: 1, maxLength: 5 }), (parts) => {
        expect(decodeKey(encodeKey(parts))).toEqual(parts);
      }),
    );
  });

  test('gives back connection and key', () => {
    fc.assert(
      fc.property(connection, key, (name, native) => {
        expect(parseId(formatId(name, native))).toEqual({ connection: name, key: native });
      }),
    );
  });

  test('is its own canonical spelling once parsed', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        let parsed;
        try {
          parsed = parseId(text);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidRequestError);
          return;
        }
        if (parsed === null) return;
        const id = formatId(parsed.connection, parsed.key);
        expect(parseId(id)).toEqual(parsed);
        expect(parsed.connection).toMatch(connectionIdPattern);
      }),
    );
  });

  test('differs when the parts of the key differ', () => {
    const parts = fc.array(wellFormed, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        expect(encodeKey(one) === encodeKey(other)).toBe(
          JSON.stringify(one) === JSON.stringify(other),
        );
      }),
    );
  });

  test('is one segment of a path once percent-encoded', () => {
    fc.assert(
      fc.property(connection, key, (name, native) => {
        const url = new URL(
          `/v1/processes/${encodeURIComponent(formatId(name, native))}`,
          'http://x',
        );
        const [, , , segment, ...more] = url.pathname.split('/');
        expect(more).toEqual([]);
        expect(decodeURIComponent(segment ?? '')).toBe(formatId(name, native));
      }),
    );
  });

  test('of an alias spelling becomes canonical', () => {
    expect(parseId('crm:Default:my%20Project:r%2f1:')).toEqual({
      connection: 'crm',
      key: 'Default:my%20Project:r%2F1:',
    });
    expect(parseId("erp:O'Brien (old)*!")?.key).toBe('O%27Brien%20%28old%29%2A%21');
  });

  test.each(['', ':', 'erp', 'erp:', ':key', 'ERP:key', 'a b:key', `${'a'.repeat(41)}:key`])(
    '%j cannot exist',
    (text) => {
      expect(parseId(text)).toBeNull();
    },
  );

  test.each(['erp:%', 'erp:100%', 'erp:%2', 'erp:%zz', 'erp:%ff', 'crm:a:%e2%82:b'])(
    '%j has a broken escape',
    (text) => {
      expect(() => parseId(text)).toThrow(InvalidRequestError);
    },
  );
});
