import { describe, expect, it } from '@jest/globals';
import { GatewayError, isRetryable } from '../../domain/errors.ts';
import { erpRun } from '../erp-run.testing.ts';
import { foreign, type KeptRun } from '../kept-run.ts';
import { refNamed, refToRead } from './named-ref.ts';

const connection = { id: 'erp', platform: { name: 'erp' } };

/** Why its platform knows a run by nothing, for who writes to it, and for who reads something of it. */
function reasons(changes: Partial<KeptRun>): readonly unknown[] {
  const doc = {
    ...foreign(connection, erpRun({ createdAt: '2026-11-22T10:00:00Z' }), 0),
    nativeId: null,
    ...changes,
  };
  const ask = [() => refNamed({ id: 'erp:r', doc }), () => refToRead({ id: 'erp:r', doc }, 'log')];
  return ask.map((each) => {
    try {
      return each();
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const { retryable = isRetryable(error.code) } = error.details;
      return [error.code, retryable, error.message];
    }
  });
}

describe('a run that its platform knows by nothing', () => {
  it('may be asked for again while it can still become known', () => {
    expect(reasons({ final: false })).toEqual([
      ['conflict', true, 'erp:r is not known to its platform yet.'],
      ['conflict', true, 'erp:r is not known to its platform yet, so it has no log.'],
    ]);
  });

  it.each(['not_sent', 'rejected'] as const)('was never run where it is %s', (outcome) => {
    expect(reasons({ final: true, outcome })).toEqual([
      ['conflict', false, 'erp:r was never run.'],
      ['not_found', false, 'erp:r was never run, so it has no log.'],
    ]);
  });

  it('may have run where its start is in doubt', () => {
    const said = 'The start of erp:r is in doubt: nobody knows which run of its platform it is.';
    const told = ['conflict', false, said];
    expect(reasons({ final: true, outcome: 'unknown' })).toEqual([told, told]);
  });
});
