import { describe, expect, test } from '@jest/globals';
import { before, cloud, DeployingFrends, onPremises, test_ } from './frends.deploying.testing.ts';

const frends = new DeployingFrends();

describe('deployments of Frends whose answer was lost', () => {
  test('are found by the version and a new id', async () => {
    const { evidence } = await frends.planned(frends.deploy());
    frends.loseAnswer('POST', '/process-deployments', 'resetAfterEffect');
    await expect(frends.done(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    const found = await frends.found(evidence);
    const [, made] = await frends.deployed();
    expect(found).toMatchObject({
      state: 'applied',
      receipt: { items: [{ effect: 'deployed', deployment: made?.id }] },
    });
  });

  test('and that never arrived are absent', async () => {
    const { evidence } = await frends.planned(frends.deploy());
    frends.loseAnswer('POST', '/process-deployments', 'reset');
    await expect(frends.done(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    expect(await frends.found(evidence)).toEqual({ state: 'absent' });
    expect(await frends.shown()).toEqual(before);
  });

  test('in part are gone on with, and none is made twice', async () => {
    const { evidence } = await frends.planned(
      frends.deploy({ targets: [test_, cloud, onPremises] }),
    );
    frends.sandbox.faults.add({
      method: 'POST',
      path: '/process-deployments',
      times: 1,
      fault: { kind: 'latency', ms: 0 },
    });
    frends.loseAnswer('POST', '/process-deployments', 'reset');
    await expect(frends.done(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    expect(await frends.found(evidence)).toMatchObject({
      state: 'partial',
      receipt: {
        items: [{ effect: 'deployed' }, { effect: 'failed' }, { effect: 'failed' }],
      },
    });
    const { items } = await frends.done(evidence);
    expect(items.map(({ effect }) => effect)).toEqual(['deployed', 'deployed', 'deployed']);
    expect(frends.effects()).toEqual(Array(3).fill('deployment.created'));
  });

  test('are in doubt where somebody else has deployed something else meanwhile', async () => {
    const { evidence } = await frends.planned(frends.deploy());
    await frends.done((await frends.planned(frends.deploy({ version: '1' }))).evidence);
    expect(await frends.found(evidence)).toMatchObject({
      state: 'undecided',
      why: expect.stringContaining('is not version 2'),
    });
  });

  test('are in doubt where the same version was deployed with another description', async () => {
    const { evidence } = await frends.planned(frends.deploy({ description: 'Mine' }));
    await frends.done((await frends.planned(frends.deploy({ description: 'Theirs' }))).evidence);
    expect(await frends.found(evidence)).toMatchObject({
      state: 'undecided',
      why: expect.stringContaining('another description'),
    });
  });

  test('are in doubt where the triggers are not as they were to be', async () => {
    const { evidence } = await frends.planned(frends.deploy({ activateTriggers: false }));
    await frends.done((await frends.planned(frends.deploy({ activateTriggers: true }))).evidence);
    expect(await frends.found(evidence)).toMatchObject({
      state: 'undecided',
      why: expect.stringContaining('with its triggers on'),
    });
  });
});
