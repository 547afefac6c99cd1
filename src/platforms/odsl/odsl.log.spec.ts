import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { linesOf } from './odsl.log.ts';
import { executionWire } from './odsl.wire.ts';

const line = (message: string): object => ({ at: null, level: 'info', message });

describe('the log of an execution', () => {
  const begun = {
    _id: 'a',
    status: 'running',
    message: 'not yet',
    phases: [
      { name: 'extract', status: 'running', message: 'reads', log: ['one', 'two\nthree\r\n', ''] },
      { name: null, status: 'running', log: [{ rows: 3 }, null] },
    ],
  };

  test('has the lines of its phases, each with the name of its phase', () => {
    expect(linesOf(begun)).toEqual([
      line('[extract] one'),
      line('[extract] two'),
      line('[extract] three'),
      line('{"rows":3}'),
    ]);
  });

  test('keeps what it has shown, and tells the end of phases and of the whole', () => {
    const [extract, other] = begun.phases;
    const over = {
      ...begun,
      status: 'failed',
      message: 'The loader failed',
      end: '2026-11-21T05:07:07Z',
      phases: [
        { ...extract, name: 'extract', status: 'success', end: '2026-11-21T05:07:00Z' },
        other ?? {},
      ],
    };
    const lines = linesOf(executionWire.parse(over));
    for (const shown of linesOf(begun)) expect(lines).toContainEqual(shown);
    expect(lines).toContainEqual({
      at: '2026-11-21T05:07:00.000Z',
      level: 'success',
      message: '[extract] reads',
    });
    expect(lines.at(-1)).toEqual({
      at: '2026-11-21T05:07:07.000Z',
      level: 'failed',
      message: 'The loader failed',
    });
  });

  test('is read whatever stands in it', () => {
    const phase = fc.dictionary(fc.string(), fc.jsonValue());
    const logged = fc.record({ name: fc.string(), log: fc.array(fc.jsonValue()) });
    fc.assert(
      fc.property(fc.array(fc.oneof(logged, phase)), (phases) => {
        const { data } = executionWire.safeParse({ _id: 'a', phases });
        if (data === undefined) return;
        for (const { message } of linesOf(data)) expect(message).not.toMatch(/[\r\n]/);
      }),
    );
  });
});
