import { describe, expect, test } from '@jest/globals';
import { refusal } from './frends.testing.ts';
import { before, DeployingFrends } from './frends.deploying.testing.ts';

const frends = new DeployingFrends();

describe('deployments of Frends changed', () => {
  test('run another version in the same agent group, with the triggers as they were', async () => {
    const { items, evidence } = await frends.planned(frends.redeploy('509', { version: '1' }));
    expect(items).toMatchObject([{ effect: 'deployed', version: '1' }]);
    await frends.done(evidence);
    expect(await frends.shown()).toEqual([before[0], 'version 1 in 3, triggers on']);
  });

  test('run another version under the description that they had', async () => {
    await frends.done((await frends.planned(frends.deploy({ description: 'Back' }))).evidence);
    const [, made] = await frends.deployed();
    const { evidence } = await frends.planned(frends.redeploy(made?.id ?? '', { version: '1' }));
    await frends.done(evidence);
    expect((await frends.deployed())[1]).toMatchObject({ version: '1', description: 'Back' });
  });

  test.each([
    ['508', true, 'deployment.activated'],
    ['509', false, 'deployment.deactivated'],
  ])('have the triggers of %s switched: %s', async (id, triggersActive, effect) => {
    const { items, evidence } = await frends.planned(frends.redeploy(id, { triggersActive }));
    expect(items).toMatchObject([{ effect: 'updated', deployment: id }]);
    expect(await frends.found(evidence)).toEqual({ state: 'absent' });
    frends.loseAnswer(triggersActive ? 'PUT' : 'DELETE', '/activation', 'resetAfterEffect');
    await expect(frends.done(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    expect(await frends.found(evidence)).toMatchObject({ state: 'applied', receipt: { items } });
    expect(frends.effects()).toEqual([effect]);
  });

  test('take version and triggers in one call', async () => {
    const { evidence } = await frends.planned(
      frends.redeploy('509', { version: '1', triggersActive: false }),
    );
    await frends.done(evidence);
    expect(await frends.shown()).toEqual([before[0], 'version 1 in 3, triggers off']);
    expect(frends.effects()).toEqual(['deployment.created']);
  });

  test.each([{}, { version: '3' }, { version: 'latest', triggersActive: true }])(
    'by %j stay as they are',
    async (patch) => {
      const { items, evidence } = await frends.planned(frends.redeploy('509', patch));
      expect(items).toMatchObject([{ effect: 'unchanged', deployment: '509' }]);
      await frends.done(evidence);
      expect(frends.effects()).toEqual([]);
    },
  );

  test.each([
    ['an unknown one', '7', {}, 'not_found'],
    ['one of another process', '501', {}, 'not_found'],
    ['an unknown version', '509', { version: '9' }, 'not_found'],
    ['the version before', '509', { version: 'previous' }, 'capability_not_supported'],
  ])('not: %s', async (_what, id, patch, code) => {
    await expect(frends.planned(frends.redeploy(id, patch))).rejects.toMatchObject({
      code,
      details: refusal,
    });
  });

  test('and gone meanwhile are in doubt', async () => {
    const { evidence } = await frends.planned(frends.redeploy('509', { triggersActive: false }));
    await frends.done((await frends.planned(frends.undeploy('509'))).evidence);
    expect(await frends.found(evidence)).toMatchObject({ state: 'undecided' });
    await expect(frends.done(evidence)).rejects.toMatchObject({ code: 'upstream_rejected' });
  });
});

describe('deployments of Frends taken away', () => {
  test('are gone', async () => {
    const { items, evidence } = await frends.planned(frends.undeploy('509'));
    expect(items).toMatchObject([{ effect: 'undeployed', deployment: '509', version: '3' }]);
    expect(await frends.done(evidence)).toEqual({ items });
    expect(await frends.shown()).toEqual(before.slice(0, 1));
  });

  test.each([
    ['resetAfterEffect', 'applied'],
    ['reset', 'absent'],
  ] as const)('and not answered (%s) are %s', async (kind, state) => {
    const { evidence } = await frends.planned(frends.undeploy('509'));
    frends.loseAnswer('DELETE', '/process-deployments', kind);
    await expect(frends.done(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    expect((await frends.found(evidence)).state).toBe(state);
  });

  test('by somebody else just before are gone all the same', async () => {
    const { items, evidence } = await frends.planned(frends.undeploy('509'));
    await frends.done(evidence);
    expect(await frends.done(evidence)).toEqual({ items });
    expect(frends.effects()).toEqual(['deployment.deleted']);
  });

  test('in Development, or unknown, are refused', async () => {
    const { evidence } = await frends.planned(frends.undeploy('508'));
    await expect(frends.done(evidence)).rejects.toMatchObject({ code: 'upstream_rejected' });
    await expect(frends.planned(frends.undeploy('7'))).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('deployments of Frends of which nothing readable is left are not sent', async () => {
  const error = { code: 'internal', details: { sent: 'no' } };
  await expect(frends.done({ items: [], steps: [{ item: 0, order: {} }] })).rejects.toMatchObject(
    error,
  );
});
