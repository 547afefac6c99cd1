import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inputSchemaOf } from './input-schema.ts';

const corlib = 'mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089';

function schemaOf(type: string): unknown {
  const schema = inputSchemaOf({ Input: JSON.stringify([{ name: 'in_A', type }]) });
  return (schema?.['properties'] as Record<string, unknown> | undefined)?.['in_A'];
}

describe('the input of a run as JSON Schema', () => {
  test('names every argument, and requires those without a default', () => {
    const list = [
      { name: 'in_A', type: `System.String, ${corlib}`, required: true, hasDefault: false },
      { name: 'in_B', type: `System.Int32, ${corlib}`, required: true, hasDefault: true },
      { name: 'in_C', type: `System.Boolean, ${corlib}`, required: false, hasDefault: false },
    ];
    expect(inputSchemaOf({ Input: JSON.stringify(list) })).toEqual({
      type: 'object',
      properties: {
        in_A: { type: 'string' },
        in_B: { type: 'integer' },
        in_C: { type: 'boolean' },
      },
      required: ['in_A'],
    });
  });

  test.each([
    [`System.Double, ${corlib}`, { type: 'number' }],
    [`System.DateTime, ${corlib}`, { type: 'string' }],
    [`System.String[], ${corlib}`, { type: 'array', items: { type: 'string' } }],
    [
      `System.Int64[][], ${corlib}`,
      { type: 'array', items: { type: 'array', items: { type: 'integer' } } },
    ],
    [
      `System.Collections.Generic.List\`1[[System.Int32, ${corlib}]], ${corlib}`,
      { type: 'array', items: { type: 'integer' } },
    ],
    [
      `System.Collections.Generic.Dictionary\`2[[System.String, ${corlib}],[System.Collections.Generic.List\`1[[System.Decimal, ${corlib}]], ${corlib}]], ${corlib}`,
      { type: 'object', additionalProperties: { type: 'array', items: { type: 'number' } } },
    ],
    [`System.Nullable\`1[[System.Int32, ${corlib}]], ${corlib}`, { type: ['integer', 'null'] }],
    [`System.Data.DataTable, System.Data`, {}],
    [`System.Object, ${corlib}`, {}],
    ['constructor', {}],
    ['', {}],
  ])('%s', (type, expected) => {
    expect(schemaOf(type)).toEqual(expected);
  });

  test('is an empty object where the workflow takes nothing', () => {
    const empty = { type: 'object', properties: {} };
    for (const Input of [null, undefined, '', ' ', 'null', '[]'])
      expect(inputSchemaOf({ Input })).toEqual(empty);
  });

  test('is null where the platform says nothing that can be read', () => {
    expect(inputSchemaOf(null)).toBeNull();
    for (const Input of ['{', '{"in_A":1}', '[1]', '[{"name":""}]', '"text"'])
      expect(inputSchemaOf({ Input })).toBeNull();
  });

  test('never fails, whatever is sent', () => {
    const type = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom('[', ']', 'A`1', ',')).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), type, (text, name) => {
        inputSchemaOf({ Input: text });
        expect(schemaOf(name)).toBeDefined();
      }),
    );
  });
});
