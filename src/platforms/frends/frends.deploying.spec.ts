import { describe, expect, test } from '@jest/globals';
import { refusal } from './frends.testing.ts';
import {
  before,
  cloud,
  DeployingFrends,
  development,
  dunning,
  onPremises,
  test_,
} from './frends.deploying.testing.ts';

const frends = new DeployingFrends();

describe('deployments of Frends made', () => {
  test('replace what an agent group ran, under the id that the platform gives', async () => {
    const { items, evidence } = await frends.planned(frends.deploy({ description: 'Back' }));
    expect(items).toMatchObject([
      { version: '2', deployment: null, effect: 'deployed', problem: null, name: dunning },
    ]);
    const receipt = await frends.done(evidence);
    const [, made] = await frends.deployed();
    expect(receipt.items).toEqual([{ ...items[0], deployment: made?.id }]);
    expect(made).toMatchObject({ version: '2', description: 'Back', target: { id: cloud } });
    expect(frends.effects()).toEqual(['deployment.created']);
  });

  test.each([
    ['leave triggers as they were', { targets: [development, cloud] }, [false, true]],
    ['are active where nothing was', { targets: [test_] }, [true]],
    ['leave them off where that is said', { targets: [test_], activateTriggers: false }, [false]],
    [
      'switch them on where that is said',
      { targets: [development], activateTriggers: true },
      [true],
    ],
  ] as const)('%s', async (_what, changes, active) => {
    await frends.done((await frends.planned(frends.deploy(changes))).evidence);
    const made = frends.sandbox.ledger().map(({ details }) => details['triggersActive']);
    expect(made).toEqual(active);
  });

  test('in several agent groups are one call each', async () => {
    const { items, evidence } = await frends.planned(
      frends.deploy({ version: 'latest', targets: [test_, cloud, onPremises] }),
    );
    expect(items.map(({ effect }) => effect)).toEqual(['deployed', 'unchanged', 'deployed']);
    const receipt = await frends.done(evidence);
    expect(frends.posts()).toBe(2);
    const ids = new Set((await frends.deployed()).map(({ id }) => id));
    for (const { deployment } of receipt.items) expect(ids.has(deployment ?? '')).toBe(true);
  });

  test('only switch triggers where the version runs already', async () => {
    const { items, evidence } = await frends.planned(
      frends.deploy({ version: '3', activateTriggers: false }),
    );
    expect(items).toMatchObject([{ effect: 'updated', deployment: '509' }]);
    await frends.done(evidence);
    expect(frends.effects()).toEqual(['deployment.deactivated']);
  });

  test('are made anew where the version runs with another description', async () => {
    const { evidence } = await frends.planned(
      frends.deploy({ version: '3', description: 'Same again' }),
    );
    expect(await frends.found(evidence)).toEqual({ state: 'absent' });
    await frends.done(evidence);
    expect(await frends.found(evidence)).toMatchObject({ state: 'applied' });
    expect(await frends.shown()).toEqual(before);
  });

  test('are given values for variables that are no secrets', async () => {
    const { evidence } = await frends.planned(
      frends.deploy({ version: '3', variables: { ApiBaseUrl: 'https://x' } }),
    );
    await frends.done(evidence);
    const [made] = frends.sandbox.ledger();
    expect(made?.details['variables']).toEqual([
      {
        name: 'ApiBaseUrl',
        value: 'https://x',
        isSecret: false,
        mode: 'Text',
        description: null,
      },
    ]);
  });

  test('change nothing where all stands so already', async () => {
    const { items, evidence } = await frends.planned(
      frends.deploy({ version: '3', activateTriggers: true }),
    );
    expect(items).toMatchObject([{ effect: 'unchanged', deployment: '509', version: '3' }]);
    expect(await frends.done(evidence)).toEqual({ items });
    expect(frends.effects()).toEqual([]);
  });

  test.each([
    ['of a version that is not there', { version: '9' }, 'not_found', ['version']],
    ['of an unknown process', { key: '00000000-0000-4000-8000-000000000000' }, 'not_found', null],
    ['of a key that is no GUID', { key: '1171' }, 'not_found', null],
    ['nowhere', { targets: [] }, 'invalid_request', ['target']],
    ['in an unknown agent group', { targets: ['99'] }, 'invalid_request', ['target']],
    ['in one by its name', { targets: ['Test'] }, 'invalid_request', ['target']],
    [
      'in some unknown ones',
      { targets: ['3', '03', '9'] },
      'invalid_request',
      ['targets[1]', 'targets[2]'],
    ],
    [
      'with a name and settings',
      { name: 'x', settings: {} },
      'invalid_request',
      ['name', 'settings'],
    ],
    [
      'with an unknown variable',
      { variables: { Nope: 'x' } },
      'invalid_request',
      ['variables.Nope'],
    ],
    ['with a secret', { variables: { ApiKey: 'x' } }, 'invalid_request', ['variables.ApiKey']],
    [
      'with no text',
      { variables: { ApiBaseUrl: [] } },
      'invalid_request',
      ['variables.ApiBaseUrl'],
    ],
  ] as const)('%s are refused', async (_what, changes, code, at) => {
    const errors = at === null ? {} : { errors: at.map((each) => ({ at: each })) };
    await expect(frends.planned(frends.deploy(changes))).rejects.toMatchObject({
      code,
      details: { ...refusal, ...errors },
    });
    expect(frends.effects()).toEqual([]);
  });

  test('nowhere say where they can be', async () => {
    await expect(frends.planned(frends.deploy({ targets: [] }))).rejects.toThrow(
      '3 (Production / Production Cloud)',
    );
  });

  test('that the platform refuses are rejected in its words', async () => {
    const windows = frends.deploy({ targets: ['5'] });
    await expect(frends.done((await frends.planned(windows)).evidence)).rejects.toMatchObject({
      code: 'upstream_rejected',
      message: expect.stringContaining('does not match Agent Group Legacy Windows'),
    });
  });

  test('in part by a refusal say of each what became of it', async () => {
    const { evidence } = await frends.planned(frends.deploy({ targets: [test_, '5', onPremises] }));
    const { items } = await frends.done(evidence);
    expect(items.map(({ effect }) => effect)).toEqual(['deployed', 'failed', 'failed']);
    expect(items[1]?.problem?.code).toBe('upstream_rejected');
    expect(frends.effects()).toEqual(['deployment.created']);
  });
});
