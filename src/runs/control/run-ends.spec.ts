import { describe, expect, it } from '@jest/globals';
import { UpstreamUnavailableError } from '../../domain/errors.ts';
import { erpRun } from '../erp-run.testing.ts';
import { foreign, type KeptRun } from '../kept-run.ts';
import { failed, settled } from './run-ends.ts';

const at = '2026-11-21T05:06:07.089Z';
const connection = { id: 'erp', platform: { name: 'erp' } };

const doubted: KeptRun = {
  ...foreign(connection, erpRun({ status: 'unknown', createdAt: at }), 1_000),
  nativeId: null,
  outcome: 'unknown',
  final: true,
  evidence: {
    detail: 'Whoever held it then may still bring it.',
    mark: 'm',
    sentFrom: at,
    sentUntil: at,
    candidates: [],
    lookedAt: at,
  },
};

describe('what was known of a start in doubt', () => {
  it('is not said any more once it is proved that it was not sent', () => {
    const never = new UpstreamUnavailableError('It never arrived.', { outcome: 'not_sent' });
    expect(failed(doubted, 'not_sent', never, Date.parse(at))).toMatchObject({
      outcome: 'not_sent',
      evidence: null,
      error: { message: 'It never arrived.' },
    });
  });

  it('stays beside what a person has said of it', () => {
    const said = { outcome: 'not_sent', note: 'It is in no list.' } as const;
    expect(settled(doubted, said, null, Date.parse(at))).toMatchObject({
      outcome: 'not_sent',
      evidence: doubted.evidence,
      settlement: { note: 'It is in no list.' },
    });
  });
});
