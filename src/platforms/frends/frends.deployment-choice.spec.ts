import { describe, expect, test } from '@jest/globals';
import { chosenDeployment, type WantedDeployment } from './frends.deployment-choice.ts';
import type { DeploymentWire } from './frends.wire.ts';

const deployment = (id: number, version: number, group: number, name: string): DeploymentWire => ({
  deploymentId: id,
  processGuid: '123e4567-e89b-12d3-a456-426614174000',
  processBuildVersion: version,
  agentGroup: { id: group, displayName: name },
});
const all = [
  deployment(1201, 4, 3, 'Production Cloud'),
  deployment(1202, 4, 2, 'Test'),
  deployment(1203, 3, 1, 'Development'),
];
const anything = { process: 'Invoice intake', deployment: null, version: null, agentGroup: null };
const details = { connection: 'frends-eu', outcome: 'not_sent' } as const;
const choose = (
  wanted: Partial<WantedDeployment>,
  deployments: readonly DeploymentWire[] = all,
): number => chosenDeployment(deployments, { ...anything, ...wanted }, details).deploymentId;

describe('the deployment that is started', () => {
  test.each([
    ['the only one', {}, all.slice(0, 1), 1201],
    ['the one that is named', { deployment: '1202' }, all, 1202],
    ['the only one of its agent group, by name', { agentGroup: ' production cloud ' }, all, 1201],
    ['the only one of its agent group, by id', { agentGroup: '2' }, all, 1202],
    ['the only one of its version', { version: '3' }, all, 1203],
    ['the only one of both', { version: '4', agentGroup: 'Test' }, all, 1202],
  ] as const)('is %s', (_name, wanted, deployments, expected) => {
    expect(choose(wanted, deployments)).toBe(expected);
  });

  test.each([
    ['none at all', {}, [], 'deploy it first'],
    ['several', {}, all, '1201 (version 4 in Production Cloud), 1202 (version 4 in Test), 1203'],
    ['several of a version', { version: '4' }, all, '`options.agentGroup`'],
    ['another version than the named one', { deployment: '1203', version: '4' }, all, 'version 4'],
    ['another agent group', { deployment: '1203', agentGroup: 'Test' }, all, 'agent group Test'],
    ['no such version', { version: '9', agentGroup: '3' }, all, 'version 9 in agent group 3'],
  ] as const)('is not chosen where there is %s', (_name, wanted, deployments, said) => {
    let error: unknown = null;
    try {
      choose(wanted, deployments);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code: 'conflict', details });
    expect(String(error)).toContain(said);
  });

  test.each([
    [{ deployment: '7' }, ['deployment']],
    [{ version: '9' }, ['version']],
    [{ agentGroup: 'Nowhere' }, ['options.agentGroup']],
    [{ version: '9', agentGroup: '3' }, ['version', 'options.agentGroup']],
    [{}, ['deployment']],
  ])('is refused for %j naming %j', (wanted, fields) => {
    const errors = fields.map((at): unknown => expect.objectContaining({ at }));
    let error: unknown = null;
    try {
      choose(wanted);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ details: { ...details, errors } });
  });

  test('cannot be one that is not there', () => {
    expect(() => choose({ deployment: '7' })).toThrow(
      'has no deployment 7. Its deployments are: 1201',
    );
    expect(() => choose({ deployment: '7' }, [])).toThrow('not deployed at all');
  });
});
