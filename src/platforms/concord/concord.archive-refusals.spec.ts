import { describe, expect, test } from '@jest/globals';
import { ArchivedConcord } from './concord.archive-runs.testing.ts';
import { signal } from './concord.testing.ts';

const concord = new ArchivedConcord();

describe('a start with an archive', () => {
  test.each([
    ['nothing to run', { archive: null }, 'invalid_request', 'archive'],
    [
      'a file that leaves its folder',
      { files: [{ name: '../x', id: '1', length: 1 }] },
      'invalid_request',
      '../x',
    ],
    [
      'a file from the root',
      { files: [{ name: '/x', id: '1', length: 1 }] },
      'invalid_request',
      '/x',
    ],
    [
      'a name that would end its header',
      { files: [{ name: 'a"\r\nX: y', id: '1', length: 1 }] },
      'invalid_request',
      'a"\r\nX: y',
    ],
    [
      'a name that would arrive as another',
      { files: [{ name: 'ü.txt', id: '1', length: 1 }] },
      'invalid_request',
      'ü.txt',
    ],
    [
      'a parameter that means a project',
      { parameters: { projectId: 'x' } },
      'invalid_request',
      'projectId',
    ],
    ['a parameter that means the mark', { parameters: { Meta: '{}' } }, 'invalid_request', 'Meta'],
    [
      'a mark of its own',
      { request: { meta: { gatewayRunId: 'r-1' } } },
      'invalid_request',
      'request.meta.gatewayRunId',
    ],
    [
      'a parameter that is the mark',
      { parameters: { 'meta.gatewayRunId': 'r-1' } },
      'invalid_request',
      'meta.gatewayRunId',
    ],
    [
      'a parameter below the mark',
      { parameters: { 'meta.gatewayRunId.x': 'r-1' } },
      'invalid_request',
      'meta.gatewayRunId.x',
    ],
    [
      'arguments that are none',
      { request: { arguments: [] } },
      'invalid_request',
      'request.arguments',
    ],
    ['meta that is none', { request: { meta: 'x' } }, 'invalid_request', 'request.meta'],
    ['a dry run', { request: { dryRun: true } }, 'invalid_request', 'dryRun'],
    [
      'a project that takes none',
      { process: 'Finance:finance-automation:main:' },
      'upstream_rejected',
      null,
    ],
    [
      'results of a project that gives none',
      { archive: null, process: 'Finance:finance-automation:main:', parameters: { out: 'a' } },
      'upstream_rejected',
      null,
    ],
    ['an unknown process', { process: 'Default:nope:main:' }, 'not_found', null],
    ['a disabled repository', { process: 'Finance:finance-automation:legacy:' }, 'conflict', null],
  ] as const)('with %s is refused before anything is sent', async (_name, changes, code, at) => {
    await expect(
      concord.parts().archiveRuns.prepare(concord.request(changes), signal()),
    ).rejects.toMatchObject({
      code,
      details: { outcome: 'not_sent', ...(at === null ? {} : { errors: [{ at }] }) },
    });
    expect(concord.exchanges.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('says which setting of the project stands in the way', async () => {
    const wanted = concord.request({ process: 'Finance:finance-automation:main:' });
    await expect(concord.parts().archiveRuns.prepare(wanted, signal())).rejects.toThrow(
      /rawPayloadMode/,
    );
  });
});
