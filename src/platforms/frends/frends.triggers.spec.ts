import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { frendsDialect, inputSchemaOf, schedulesOf } from './frends.triggers.ts';

const daily = { cycleType: 'Daily', startTimeHour: 6, timeZone: 'Europe/Helsinki' };
const manual = { $type: 'ManualTrigger', config: {} };

describe('the triggers of Frends', () => {
  test('a schedule trigger is a schedule, written as its settings', () => {
    const trigger = { $type: 'ScheduleTrigger', config: { ...daily, season: null } };
    expect(schedulesOf([manual, trigger], true)).toEqual([
      {
        expression: JSON.stringify(daily),
        dialect: frendsDialect,
        timezone: 'Europe/Helsinki',
        active: true,
      },
    ]);
  });

  test('an expression is passed through where a trigger carries one', () => {
    const trigger = { type: 'Schedule', settings: { cronExpression: '0 6 * * *' } };
    expect(schedulesOf(JSON.stringify([trigger]), false)).toEqual([
      { expression: '0 6 * * *', dialect: frendsDialect, timezone: null, active: false },
    ]);
  });

  test.each([
    ['no triggers', null],
    ['triggers without a schedule', [manual]],
    ['a schedule that says nothing', [{ $type: 'ScheduleTrigger', config: {} }]],
    ['nested lists', [[[]]]],
    ['a text that is no JSON', 'every day'],
  ])('%s are no schedule', (_name, triggerData) => {
    expect(schedulesOf(triggerData, true)).toBeNull();
  });

  test('the parameters of a manual run are texts, secrets among them without their defaults', () => {
    const parameters = [
      { name: 'since', description: 'Day to begin with', defaultValue: '2026-01-01' },
      { name: 'password', isSecret: true, defaultValue: 'hunter2' },
    ];
    const expected = {
      type: 'object',
      properties: {
        since: { type: 'string', description: 'Day to begin with', default: '2026-01-01' },
        password: { type: 'string', writeOnly: true },
      },
      additionalProperties: { type: 'string' },
    };
    expect(inputSchemaOf(parameters)).toEqual(expected);
    expect(inputSchemaOf({ parameters })).toEqual(expected);
    expect(inputSchemaOf(JSON.stringify(parameters))).toEqual(expected);
    expect(inputSchemaOf([])).toBeNull();
  });

  test('anything else is read without a crash', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => [schedulesOf(value, true), inputSchemaOf(value)]).not.toThrow();
      }),
    );
  });
});
