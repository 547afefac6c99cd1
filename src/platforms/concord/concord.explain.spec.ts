import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { explainConcord } from './concord.explain.ts';

const json = 'application/json';
const validation = 'application/vnd.concord-validation-errors-v1+json';

function messageOf(text: string, type: string): string | null | undefined {
  return explainConcord({ status: 400, headers: { 'content-type': type }, text }).message;
}

describe('the errors of Concord', () => {
  test.each([
    ['a sentence', 'Process instance not found', 'text/plain', 'Process instance not found'],
    ['a sentence labelled as JSON', 'is not suspended', json, 'is not suspended'],
    ['a sentence in JSON', '"is not suspended"', json, 'is not suspended'],
    [
      'a failed start',
      '{"instanceId":"1","message":"Project not found: x","details":"see the log"}',
      json,
      'Project not found: x see the log',
    ],
    ['a failed login', '{"message":"Error decrypting"}', json, 'Error decrypting'],
    [
      'a bad request',
      '[{"id":"*","message":"no such organization"},{"id":"Entry.name","message":"must match x"}]',
      validation,
      'no such organization; Entry.name must match x',
    ],
    [
      'an exception',
      'ERROR: java.io.IOException: x',
      'text/plain',
      'ERROR: java.io.IOException: x',
    ],
  ])('%s is understood', (_name, text, type, message) => {
    expect(messageOf(text, type)).toBe(message);
  });

  test('nothing, and a web page, say nothing', () => {
    expect(messageOf('', json)).toBeNull();
    expect(messageOf('<html><p>Bad gateway</p></html>', 'text/html')).toBeNull();
  });

  test('of any other shape break nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const { message } = explainConcord({ status: 500, headers: {}, text });
        expect(message === null || typeof message === 'string').toBe(true);
      }),
    );
  });
});
