import { describe, expect, test } from '@jest/globals';
import { StartedConcord } from './concord.starts.testing.ts';

const concord = new StartedConcord();

describe('an answer that says no', () => {
  const text = { 'content-type': 'text/plain' };
  const validation = JSON.stringify([{ id: '*', message: 'Project not found: x' }]);
  test.each([
    [
      'out variables',
      400,
      'The project is not accepting custom out variables: 1',
      'upstream_rejected',
      /outVariablesMode/,
    ],
    [
      'an archive',
      400,
      'The project is not accepting raw payloads: 1',
      'upstream_rejected',
      /rawPayloadMode/,
    ],
    ['a project that is gone', 400, validation, 'conflict', /not found/],
    [
      'a disabled project',
      500,
      'Process execution is disabled for the project.',
      'conflict',
      /disabled/,
    ],
    ['a disabled repository', 500, 'Repository is disabled -> main', 'conflict', /disabled/],
    [
      'the path',
      500,
      'This API endpoint is no longer supported.',
      'capability_not_supported',
      /startStyle/,
    ],
    ['something else', 400, 'Too bad', 'upstream_rejected', /Too bad/],
  ])('to %s is one', async (_name, status, body, code, words) => {
    const evidence = await concord.prepared();
    const fault = { kind: 'status', status, body, headers: text } as const;
    concord.sandbox.faults.add({ method: 'POST', path: '^/api/v1/process', fault });
    const sending = concord.send(evidence);
    await expect(sending).rejects.toMatchObject({
      code,
      details: { outcome: 'rejected', upstream: { status } },
    });
    await expect(concord.send(evidence)).rejects.toThrow(words);
  });

  test('in words that nobody knows leaves it open what has happened', async () => {
    const evidence = await concord.prepared();
    const fault = { kind: 'status', status: 500, body: 'ERROR: java.lang.Exception' } as const;
    concord.sandbox.faults.add({ method: 'POST', path: '^/api/v1/process', fault });
    await expect(concord.send(evidence)).rejects.toMatchObject({
      code: 'upstream_unavailable',
      details: { sent: 'maybe' },
    });
  });
});
