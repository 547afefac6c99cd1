import { describe, expect, it } from '@jest/globals';
import type { ChangedItem, ChangeEffect } from '../domain/change.ts';
import {
  done,
  type KeptOperation,
  movedTo,
  progressed,
  queuedOperation,
} from './kept-operation.ts';
import { toOperation } from './operation.presenter.ts';

function item(effect: ChangeEffect, process = 'A', version: string | null = null): ChangedItem {
  const none = { versionId: null, deployment: null, problem: null };
  return { process, name: null, version, effect, ...none };
}

describe('the process of an import', () => {
  const about = {
    kind: 'import',
    connection: 'erp',
    platform: 'erp',
    process: 'File',
    input: {},
    planned: [item('created', 'File')],
    requestId: 'r',
    caller: 'me',
  } as const;
  const queued = queuedOperation(about, 0);
  const shown = (doc: typeof queued): unknown[] => {
    const { process, links } = toOperation({ id: 'op-1', revision: 2, doc });
    return [process, links.process?.href ?? null];
  };
  const told = (first: ChangedItem, ...others: ChangedItem[]): unknown[] =>
    shown(done(queued, { items: [first, ...others] }, 1));

  it('is not known before it has ended', () => {
    expect(shown(queued)).toEqual([null, null]);
  });

  it('is the one that was made, whatever its file calls it, or that stood in the way', () => {
    const made = ['erp:Made', '/v1/processes/erp%3AMade'];
    for (const effect of ['created', 'new_version', 'kept', 'conflict'] as const)
      expect(told(item(effect, 'Made', '1'))).toEqual(made);
  });

  it('is none of one that failed, that made several, or of which nobody knows what it made', () => {
    expect(told(item('failed', 'File', '1'))).toEqual([null, null]);
    expect(told(item('created', 'File'))).toEqual([null, null]);
    expect(told(item('created', 'A', '1'), item('created', 'B', '1'))).toEqual([null, null]);
  });
});

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

describe('the progress of an operation', () => {
  const about = {
    kind: 'import',
    connection: 'erp',
    platform: 'erp',
    process: null,
    input: {},
    planned: [item('created', 'A'), item('created', 'B'), item('created', 'C')],
    requestId: 'r',
    caller: 'me',
  } as const;
  const sending = movedTo(queuedOperation(about, 0), 'sending', 1);
  const seen = (doc: KeptOperation) => {
    const { phase, progress, updatedAt } = toOperation({ id: 'op-1', revision: 2, doc });
    return { phase, ...progress, updatedAt };
  };
  const at = (ms: number): string => new Date(ms).toISOString();

  it('is what is known to be done of what it is to do', () => {
    const common = { total: 3, unit: 'items', phase: 'sending' };
    expect(seen(sending)).toEqual({ ...common, done: 0, updatedAt: at(1) });
    const further = progressed(sending, { done: 2, isVerifying: false }, 2);
    expect(seen(further)).toEqual({ ...common, done: 2, updatedAt: at(2) });
  });

  it('never falls while it goes on, as where a later try begins by looking', () => {
    const further = progressed(sending, { done: 2, isVerifying: false }, 2);
    expect(progressed(further, { done: 1, isVerifying: false }, 3)).toBe(further);
    expect(progressed(further, { done: 2, isVerifying: false }, 3)).toBe(further);
  });

  it('tells that it is verified, and counts on', () => {
    const answered = progressed(sending, { done: 0, isVerifying: true }, 2);
    expect(seen(answered)).toMatchObject({ phase: 'verifying', done: 0, updatedAt: at(2) });
    const found = progressed(answered, { done: 3, isVerifying: true }, 3);
    expect(seen(found)).toMatchObject({ phase: 'verifying', done: 3, updatedAt: at(3) });
  });

  it('is what its items say at its end, whatever was told before', () => {
    const further = progressed(sending, { done: 2, isVerifying: false }, 2);
    const failed = {
      ...item('failed', 'B'),
      problem: { code: 'conflict', detail: 'No.' },
    } as const;
    const ended = done(further, { items: [item('created', 'A'), failed, failed] }, 3);
    expect(seen(ended)).toMatchObject({ phase: null, done: 1, total: 3 });
    expect(progressed(ended, { done: 3, isVerifying: true }, 4)).toBe(ended);
  });
});
