import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { slimNative, wholeNative } from './frends.native.ts';
import { processListItemWire } from './frends.wire.ts';

const variables = [
  { name: 'ApiBaseUrl', value: 'https://erp.example.com', isSecret: false },
  { name: 'ApiKey', value: 'hunter2', isSecret: true },
];
const pascal = variables.map(({ name, value, isSecret }) => ({
  Name: name,
  Value: value,
  IsSecret: isSecret,
}));

describe('the native JSON of Frends', () => {
  test('shows variables, but not the values of secret ones', () => {
    expect(wholeNative({ processVariables: variables })).toEqual({
      processVariables: [variables[0], { ...variables[1], value: '[redacted]' }],
    });
  });

  test('hides secrets in JSON within JSON, however deep it stands', () => {
    const template = { name: 'Transfer', processVariablesJson: JSON.stringify(pascal) };
    const text = JSON.stringify(
      wholeNative({ processTemplate: template, nextProcessTemplate: { inner: template } }),
    );
    expect(text).not.toContain('hunter2');
    expect(text).toContain('https://erp.example.com');
  });

  test('hides the defaults of secret parameters, and the unnamed copies of all defaults', () => {
    const parameter = { name: 'password', isSecret: true, defaultValue: 'hunter2' };
    const copy = { parameters: { 'manualTriggerDefaultValue-0': 'hunter2' } };
    const native = wholeNative({ manualTrigger: [parameter], elementParameters: [copy] });
    expect(JSON.stringify(native)).not.toContain('hunter2');
  });

  test('hides whole what looks like JSON with secrets and cannot be read', () => {
    const broken = JSON.stringify(pascal).slice(0, -1);
    expect(wholeNative({ processVariablesJson: broken })).toEqual({
      processVariablesJson: '[redacted]',
    });
  });

  test('leaves a sentence alone that only speaks of secrets', () => {
    const native = { description: 'Set isSecret on every password.', value: 'x' };
    expect(wholeNative(native)).toEqual(native);
  });

  test('keeps everything else as it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (native) => {
        expect(wholeNative(native)).toEqual(native);
      }),
    );
  });

  test('survives a body that is nested without end', () => {
    let nested: unknown = 'x';
    for (let depth = 0; depth < 20_000; depth += 1) nested = [nested];
    expect(JSON.stringify(wholeNative({ graphData: nested }))).toContain('nested too deeply');
  });

  test('of a list holds neither variables nor anything that grows with the process', () => {
    const wire = processListItemWire.parse({
      id: 1,
      uniqueIdentifier: '7d0b2a3c-1f4e-4a6b-9c8d-0e1f2a3b4c5d',
      version: 1,
      name: 'Invoice intake',
      bpmn: '<bpmn/>',
      processVariables: variables,
      triggerData: [{ $type: 'ScheduleTrigger' }],
      processTemplate: {},
    });
    expect(Object.keys(slimNative(wire)).sort()).toEqual([
      'id',
      'name',
      'uniqueIdentifier',
      'version',
    ]);
  });
});
