import { describe, expect, it } from '@jest/globals';
import type { ChangedItem, ChangeEffect } from '../domain/change.ts';
import { done, queuedOperation } from './kept-operation.ts';
import { toOperation } from './operation.presenter.ts';

function item(effect: ChangeEffect, process = 'A', version: string | null = null): ChangedItem {
  const none = { versionId: null, deployment: null, problem: null };
  return { process, name: null, version, effect, ...none };
}

describe('the link of an operation to its process', () => {
  it.each([
    ['what was updated', 'update_process', [item('updated')], '/v1/processes/erp%3AA'],
    [
      'the new id of one that was renamed',
      'update_process',
      [item('renamed', 'B')],
      '/v1/processes/erp%3AB',
    ],
    [
      'what is left of one that lost a version',
      'delete_version',
      [item('deleted', 'A', '1')],
      '/v1/processes/erp%3AA',
    ],
    [
      'nowhere once it is deleted with all versions',
      'delete_process',
      [item('deleted', 'A', '1')],
      null,
    ],
    ['nowhere once a rollback has deleted it', 'rollback', [item('deleted')], null],
  ] as const)('leads to %s', (_, kind, items, href) => {
    const about = {
      kind,
      connection: 'erp',
      platform: 'erp',
      process: 'A',
      input: {},
      planned: items,
      requestId: 'r',
      caller: 'me',
    };
    const [first, ...others] = items;
    const doc = done(queuedOperation(about, 0), { items: [first, ...others] }, 1);
    expect(toOperation({ id: 'op-1', revision: 2, doc }).links.process?.href ?? null).toBe(href);
  });
});
