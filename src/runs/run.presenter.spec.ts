import { describe, expect, it } from '@jest/globals';
import type { Connection } from '../connections/connection.ts';
import { instantOf, type KeptRun } from './kept-run.ts';
import { toRun } from './run.presenter.ts';

const connection = { id: 'erp', capabilities: ['runs', 'starts'] } as const;
const waiting = {
  connection: 'erp',
  platform: 'erp',
  process: null,
  nativeId: null,
  outcome: null,
  mark: 'm',
  final: false,
  form: null,
} as unknown as KeptRun;

/** Whether an event of a run, which knows nothing of its write, offers to stop it where its platform cannot. */
function offersCancel(
  doc: KeptRun,
  capabilities: Connection['capabilities'] = connection.capabilities,
): boolean {
  const { links } = toRun(
    { ...connection, capabilities },
    { id: 'erp:1', revision: 1, doc },
    false,
  );
  return links.cancel !== null;
}

describe('an event of a run on a platform that stops nothing', () => {
  it('offers to stop it before it is to be sent, and not while it may be on its way', () => {
    expect(offersCancel(waiting)).toBe(false);
    expect(offersCancel({ ...waiting, scheduledAt: instantOf(Date.now() - 1) })).toBe(false);
    expect(offersCancel({ ...waiting, scheduledAt: instantOf(Date.now() + 60_000) })).toBe(true);
  });
});

describe('a run that is final', () => {
  it.each([
    ['in doubt', { outcome: 'unknown' }, true],
    ['settled without a run', { outcome: 'applied' }, false],
    ['forgotten by its platform', { outcome: 'applied', nativeId: '1' }, false],
    ['never sent', { outcome: 'not_sent' }, false],
  ] as const)('offers to stop it, or not, when it is %s', (_, changes, offers) => {
    const doc: KeptRun = { ...waiting, status: 'unknown', final: true, ...changes };
    expect(offersCancel(doc, ['runs', 'starts', 'cancel'])).toBe(offers);
    expect(offersCancel(doc)).toBe(false);
  });
});
