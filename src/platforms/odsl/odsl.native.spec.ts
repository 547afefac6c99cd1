import { describe, expect, test } from '@jest/globals';
import { withoutSecrets } from '../secret-names.ts';
import { toListedProcess, toProcessDetail, toVersion, toVersions } from './odsl.mapper.ts';
import { processWire, versionListWire } from './odsl.wire.ts';

describe('the secrets in a process', () => {
  const secretive = processWire.parse({
    _id: 'ECB_FX',
    _version: 3,
    input: { url: 'https://x', password: 'hunter2', nested: [{ apiKey: 'hunter2' }] },
    properties: { owner: 'Finance', credentials: { user: 'li', phrase: 'hunter2' } },
    settings: { token: ['hunter2'], pin: 1234, useToken: true, secret: null },
    description: 'hunter',
  });

  test.each([
    ['a process', () => toProcessDetail(secretive)],
    ['a version', () => toVersion(secretive, '3', '3')],
    ['an item of a list', () => toListedProcess({ ...secretive, clientSecret: 'hunter2' })],
    [
      'an item of a list of versions',
      () => toVersions(versionListWire.parse([{ version: 3, clientSecret: 'hunter2' }])),
    ],
  ])('are not shown with %s', (_, shown) => {
    expect(JSON.stringify(shown())).not.toContain('hunter2');
  });

  test('leave everything else as it is, in native and in the configuration', () => {
    const { native, configuration, inputSchema } = toProcessDetail(secretive);
    const hidden = {
      input: { url: 'https://x', password: '[redacted]', nested: [{ apiKey: '[redacted]' }] },
      properties: { owner: 'Finance', credentials: '[redacted]' },
      settings: { token: '[redacted]', pin: '[redacted]', useToken: true, secret: null },
      description: 'hunter',
    };
    expect(native).toEqual({ _id: 'ECB_FX', _version: 3, ...hidden });
    expect(configuration).toEqual(hidden);
    expect(inputSchema).toEqual({
      type: 'object',
      properties: {
        url: { type: 'string', default: 'https://x' },
        password: { type: 'string' },
        nested: { type: 'array', default: [{ apiKey: '[redacted]' }] },
      },
    });
  });

  test('are looked for in depth, but not for ever', () => {
    let deep: Record<string, unknown> = { password: 'hunter2' };
    for (let level = 0; level < 5_000; level += 1) deep = { deep };
    expect(JSON.stringify(withoutSecrets({ a: { b: [[{ pwd: 'hunter2' }]] } }))).toBe(
      '{"a":{"b":[[{"pwd":"[redacted]"}]]}}',
    );
    expect(JSON.stringify(withoutSecrets(deep))).toContain('[nested too deeply]');
  });
});
