import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Native } from '../../domain/native.ts';
import { InputCheck } from './input-check.ts';

const takesText = (name: string): Native => ({
  type: 'object',
  properties: { [name]: { type: 'string' }, many: { type: 'array', items: { type: 'integer' } } },
  required: [name],
  additionalProperties: false,
});

describe('the check of an input', () => {
  const check = new InputCheck();
  const problems = (schema: Native, input: Native): unknown => {
    try {
      check.against(schema, input);
      return [];
    } catch (error) {
      return (error as { details: { errors: unknown } }).details.errors;
    }
  };

  test('names every member that is wrong', () => {
    expect(problems(takesText('a'), { a: 'x', many: [1] })).toEqual([]);
    expect(problems(takesText('a'), { many: [1, 'x'], b: 1 })).toEqual([
      { at: 'input.a', message: 'is required' },
      { at: 'input.b', message: 'is not an input of the process' },
      { at: 'input.many[1]', message: 'must be integer' },
    ]);
  });

  test('passes everything where the schema cannot be read', () => {
    for (const schema of [
      { type: 'text' },
      { type: 'object', required: 'a' },
      { $ref: '#/$defs/a' },
    ])
      expect(problems(schema, { a: 1 })).toEqual([]);
  });

  test('tells schemas apart that call themselves the same', () => {
    for (const name of ['a', 'b', 'a'])
      expect(problems({ $id: 'https://example.com/input', ...takesText(name) }, {})).toEqual([
        { at: `input.${name}`, message: 'is required' },
      ]);
  });

  test('keeps no more than it needs, however many schemas there are', async () => {
    const script = `
      import { InputCheck } from './src/runs/starts/input-check.ts';
      const check = new InputCheck();
      const names = (at) => Array.from({ length: 10 }, (_, n) => 'a' + n + '_' + at);
      const schema = (at) => ({
        type: 'object',
        properties: Object.fromEntries(names(at).map((name) => [name, { type: 'string' }])),
      });
      const heap = (rounds) => {
        for (let at = 0; at < rounds * 600; at += 1) check.against(schema(at % 600), {});
        gc();
        return process.memoryUsage().heapUsed;
      };
      const before = heap(2);
      console.log(heap(3) - before);`;
    const flags = [
      '--expose-gc',
      '--import',
      './test/support/typescript.js',
      '--input-type=module',
    ];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', script]);
    expect(Number(stdout)).toBeLessThan(5_000_000);
  }, 60_000);
});
