import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { wholeNative } from './frends.native.ts';
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

  const marks: readonly (readonly [string, Record<string, unknown>, boolean])[] = [
    ['true', { isSecret: true }, true],
    ['a text', { isSecret: 'true' }, true],
    ['even the text no', { isSecret: 'false' }, true],
    ['a number', { isSecret: 1 }, true],
    ['Pascal case', { IsSecret: true }, true],
    ['capitals', { ISSECRET: 'yes' }, true],
    ['false', { isSecret: false }, false],
    ['null', { isSecret: null }, false],
    ['no mark', {}, false],
  ];

  test.each(marks)(
    'a parameter marked by %s is as secret here as in native',
    (_n, mark, secret) => {
      for (const manualTrigger of [
        [{ name: 'p', defaultValue: 'hunter2', ...mark }],
        JSON.stringify([{ Name: 'p', DefaultValue: 'hunter2', ...mark }]),
        { parameters: JSON.stringify([{ name: 'p', defaultValue: 'hunter2', ...mark }]) },
      ]) {
        expect(inputSchemaOf(manualTrigger)).toMatchObject({
          properties: { p: secret ? { writeOnly: true } : { default: 'hunter2' } },
        });
        for (const shown of [inputSchemaOf(manualTrigger), wholeNative({ manualTrigger })])
          expect(JSON.stringify(shown).includes('hunter2')).toBe(!secret);
      }
    },
  );

  test('the default of a secret is nowhere, however it is marked and wrapped', () => {
    const cased = (name: string) =>
      fc.constantFrom(name, name.toUpperCase(), name.charAt(0).toUpperCase() + name.slice(1));
    const yes = fc.oneof(fc.constantFrom<unknown>(true, 'true', 'false', 1, 0, ''), fc.object());
    const parameter = fc
      .tuple(cased('isSecret'), yes, cased('defaultValue'), fc.boolean())
      .map(([mark, value, name, nested]) => {
        const secret = { name: 'p', type: 'schedule', [mark]: value, [name]: 'hunter2' };
        return nested ? { name: 'p', defaultValue: JSON.stringify(secret) } : secret;
      });
    const wrapped = fc
      .tuple(parameter, fc.constantFrom('list', 'text', 'parameters', 'inner', 'config', 'cron'))
      .map(([secret, how]): unknown => {
        if (how === 'list') return [secret];
        if (how === 'text') return JSON.stringify([secret]);
        if (how === 'parameters') return { type: 'schedule', parameters: [secret] };
        if (how === 'inner') return { type: 'schedule', parameters: JSON.stringify([secret]) };
        if (how === 'cron') return { type: 'schedule', cron: JSON.stringify(secret) };
        return [{ type: 'schedule', config: { ...secret, again: JSON.stringify(secret) } }];
      });
    fc.assert(
      fc.property(wrapped, (value) => {
        const native = wholeNative({ manualTrigger: value, triggerData: value });
        const shown = [inputSchemaOf(value), schedulesOf(value, true), native];
        expect(JSON.stringify(shown)).not.toContain('hunter2');
      }),
    );
  });

  test.each(['password', 'ApiKey', 'api_key', 'accessToken', 'clientSecret', 'key'])(
    'a setting called %s is left out of a schedule and hidden in native',
    (name) => {
      const config = { ...daily, [name]: 'hunter2', list: ['a', `{"${name}":"hunter2"}`] };
      const triggerData = [{ $type: 'ScheduleTrigger', config }];
      expect(schedulesOf(triggerData, true)?.[0]?.expression).toBe(JSON.stringify(daily));
      for (const data of [triggerData, JSON.stringify(triggerData)])
        expect(JSON.stringify(wholeNative({ triggerData: data }))).not.toContain('hunter2');
      const cron = JSON.stringify({ at: 6, [name]: 'hunter2' });
      expect(schedulesOf([{ type: 'Schedule', cron }], true)?.[0]?.expression).toBe('{"at":6}');
    },
  );

  test('a setting that refers to an environment variable is kept', () => {
    const config = { cycleType: '{{#env.cycle}}' };
    expect(schedulesOf([{ type: 'Schedule', config }], true)).toMatchObject([
      { expression: JSON.stringify(config) },
    ]);
  });

  test('anything else is read without a crash', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => [schedulesOf(value, true), inputSchemaOf(value)]).not.toThrow();
      }),
    );
  });
});
