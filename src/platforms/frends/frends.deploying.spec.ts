import { describe, expect, test } from '@jest/globals';
import type {
  ChangeReceipt,
  DeploymentPatch,
  DeploymentRequest,
  DeployRequest,
  PreparedChange,
} from '../../domain/change.ts';
import type { DeploymentRecord } from '../../domain/deployment.ts';
import type { Native } from '../../domain/native.ts';
import type { Reconciliation } from '../../domain/write.ts';
import { ChangingFrends, refusal } from './frends.testing.ts';

const dunning = 'Dunning letters';
const [development, test_, cloud, onPremises] = ['1', '2', '3', '4'] as const;

describe('deployments of Frends', () => {
  const frends = new ChangingFrends();

  const prepare = (request: DeploymentRequest): Promise<PreparedChange> =>
    frends.prepare(frends.parts.deploying, request);
  const send = (evidence: Native): Promise<ChangeReceipt> =>
    frends.send(frends.parts.deploying, evidence);
  const reconcile = (evidence: Native): Promise<Reconciliation<ChangeReceipt>> =>
    frends.reconcile(frends.parts.deploying, evidence);
  const deploy = (changes: Partial<DeployRequest> = {}, name = dunning): DeployRequest => ({
    op: 'deploy',
    key: frends.key(name),
    confirm: null,
    version: '2',
    targets: [cloud],
    name: null,
    description: null,
    activateTriggers: null,
    settings: null,
    variables: null,
    ...changes,
  });
  const redeploy = (deployment: string, patch: DeploymentPatch): DeploymentRequest => ({
    op: 'redeploy',
    key: frends.key(dunning),
    confirm: null,
    deployment,
    patch,
  });
  const undeploy = (deployment: string, name = dunning): DeploymentRequest => ({
    op: 'undeploy',
    key: frends.key(name),
    confirm: null,
    deployment,
  });
  const deployed = async (name = dunning): Promise<readonly DeploymentRecord[]> =>
    (await frends.parts.deployments.list(frends.key(name), frends.signal())) ?? [];
  const shown = async (name = dunning): Promise<readonly string[]> =>
    (await deployed(name)).map(
      ({ version, target, triggersActive }) =>
        `version ${version ?? ''} in ${target.id}, triggers ${triggersActive === true ? 'on' : 'off'}`,
    );
  const before = ['version 3 in 1, triggers off', 'version 3 in 3, triggers on'];
  const posts = (): number =>
    frends.sandbox.requests().filter((each) => each === 'POST /api/v1/process-deployments').length;

  describe('made', () => {
    test('replace what an agent group ran, under the id that the platform gives', async () => {
      const { items, evidence } = await prepare(deploy({ description: 'Back' }));
      expect(items).toMatchObject([
        { version: '2', deployment: null, effect: 'deployed', problem: null, name: dunning },
      ]);
      const receipt = await send(evidence);
      const [, made] = await deployed();
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
      await send((await prepare(deploy(changes))).evidence);
      const made = frends.sandbox.ledger().map(({ details }) => details['triggersActive']);
      expect(made).toEqual(active);
    });

    test('in several agent groups are one call each', async () => {
      const { items, evidence } = await prepare(
        deploy({ version: 'latest', targets: [test_, cloud, onPremises] }),
      );
      expect(items.map(({ effect }) => effect)).toEqual(['deployed', 'unchanged', 'deployed']);
      const receipt = await send(evidence);
      expect(posts()).toBe(2);
      const ids = new Set((await deployed()).map(({ id }) => id));
      for (const { deployment } of receipt.items) expect(ids.has(deployment ?? '')).toBe(true);
    });

    test('only switch triggers where the version runs already', async () => {
      const { items, evidence } = await prepare(deploy({ version: '3', activateTriggers: false }));
      expect(items).toMatchObject([{ effect: 'updated', deployment: '509' }]);
      await send(evidence);
      expect(frends.effects()).toEqual(['deployment.deactivated']);
    });

    test('are made anew where the version runs with another description', async () => {
      const { evidence } = await prepare(deploy({ version: '3', description: 'Same again' }));
      expect(await reconcile(evidence)).toEqual({ state: 'absent' });
      await send(evidence);
      expect(await reconcile(evidence)).toMatchObject({ state: 'applied' });
      expect(await shown()).toEqual(before);
    });

    test('are given values for variables that are no secrets', async () => {
      const { evidence } = await prepare(
        deploy({ version: '3', variables: { ApiBaseUrl: 'https://x' } }),
      );
      await send(evidence);
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
      const { items, evidence } = await prepare(deploy({ version: '3', activateTriggers: true }));
      expect(items).toMatchObject([{ effect: 'unchanged', deployment: '509', version: '3' }]);
      expect(await send(evidence)).toEqual({ items });
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
      await expect(prepare(deploy(changes))).rejects.toMatchObject({
        code,
        details: { ...refusal, ...errors },
      });
      expect(frends.effects()).toEqual([]);
    });

    test('nowhere say where they can be', async () => {
      await expect(prepare(deploy({ targets: [] }))).rejects.toThrow(
        '3 (Production / Production Cloud)',
      );
    });

    test('that the platform refuses are rejected in its words', async () => {
      const windows = deploy({ targets: ['5'] });
      await expect(send((await prepare(windows)).evidence)).rejects.toMatchObject({
        code: 'upstream_rejected',
        message: expect.stringContaining('does not match Agent Group Legacy Windows'),
      });
    });

    test('in part by a refusal say of each what became of it', async () => {
      const { evidence } = await prepare(deploy({ targets: [test_, '5', onPremises] }));
      const { items } = await send(evidence);
      expect(items.map(({ effect }) => effect)).toEqual(['deployed', 'failed', 'failed']);
      expect(items[1]?.problem?.code).toBe('upstream_rejected');
      expect(frends.effects()).toEqual(['deployment.created']);
    });
  });

  describe('whose answer was lost', () => {
    test('are found by the version and a new id', async () => {
      const { evidence } = await prepare(deploy());
      frends.loseAnswer('POST', '/process-deployments', 'resetAfterEffect');
      await expect(send(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
      const found = await reconcile(evidence);
      const [, made] = await deployed();
      expect(found).toMatchObject({
        state: 'applied',
        receipt: { items: [{ effect: 'deployed', deployment: made?.id }] },
      });
    });

    test('and that never arrived are absent', async () => {
      const { evidence } = await prepare(deploy());
      frends.loseAnswer('POST', '/process-deployments', 'reset');
      await expect(send(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
      expect(await reconcile(evidence)).toEqual({ state: 'absent' });
      expect(await shown()).toEqual(before);
    });

    test('in part are gone on with, and none is made twice', async () => {
      const { evidence } = await prepare(deploy({ targets: [test_, cloud, onPremises] }));
      frends.sandbox.faults.add({
        method: 'POST',
        path: '/process-deployments',
        times: 1,
        fault: { kind: 'latency', ms: 0 },
      });
      frends.loseAnswer('POST', '/process-deployments', 'reset');
      await expect(send(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
      expect(await reconcile(evidence)).toMatchObject({
        state: 'partial',
        receipt: {
          items: [{ effect: 'deployed' }, { effect: 'failed' }, { effect: 'failed' }],
        },
      });
      const { items } = await send(evidence);
      expect(items.map(({ effect }) => effect)).toEqual(['deployed', 'deployed', 'deployed']);
      expect(frends.effects()).toEqual(Array(3).fill('deployment.created'));
    });

    test('are in doubt where somebody else has deployed something else meanwhile', async () => {
      const { evidence } = await prepare(deploy());
      await send((await prepare(deploy({ version: '1' }))).evidence);
      expect(await reconcile(evidence)).toMatchObject({
        state: 'undecided',
        why: expect.stringContaining('is not version 2'),
      });
    });

    test('are in doubt where the same version was deployed with another description', async () => {
      const { evidence } = await prepare(deploy({ description: 'Mine' }));
      await send((await prepare(deploy({ description: 'Theirs' }))).evidence);
      expect(await reconcile(evidence)).toMatchObject({
        state: 'undecided',
        why: expect.stringContaining('another description'),
      });
    });

    test('are in doubt where the triggers are not as they were to be', async () => {
      const { evidence } = await prepare(deploy({ activateTriggers: false }));
      await send((await prepare(deploy({ activateTriggers: true }))).evidence);
      expect(await reconcile(evidence)).toMatchObject({
        state: 'undecided',
        why: expect.stringContaining('with its triggers on'),
      });
    });
  });

  describe('changed', () => {
    test('run another version in the same agent group, with the triggers as they were', async () => {
      const { items, evidence } = await prepare(redeploy('509', { version: '1' }));
      expect(items).toMatchObject([{ effect: 'deployed', version: '1' }]);
      await send(evidence);
      expect(await shown()).toEqual([before[0], 'version 1 in 3, triggers on']);
    });

    test('run another version under the description that they had', async () => {
      await send((await prepare(deploy({ description: 'Back' }))).evidence);
      const [, made] = await deployed();
      const { evidence } = await prepare(redeploy(made?.id ?? '', { version: '1' }));
      await send(evidence);
      expect((await deployed())[1]).toMatchObject({ version: '1', description: 'Back' });
    });

    test.each([
      ['508', true, 'deployment.activated'],
      ['509', false, 'deployment.deactivated'],
    ])('have the triggers of %s switched: %s', async (id, triggersActive, effect) => {
      const { items, evidence } = await prepare(redeploy(id, { triggersActive }));
      expect(items).toMatchObject([{ effect: 'updated', deployment: id }]);
      expect(await reconcile(evidence)).toEqual({ state: 'absent' });
      frends.loseAnswer(triggersActive ? 'PUT' : 'DELETE', '/activation', 'resetAfterEffect');
      await expect(send(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
      expect(await reconcile(evidence)).toMatchObject({ state: 'applied', receipt: { items } });
      expect(frends.effects()).toEqual([effect]);
    });

    test('take version and triggers in one call', async () => {
      const { evidence } = await prepare(redeploy('509', { version: '1', triggersActive: false }));
      await send(evidence);
      expect(await shown()).toEqual([before[0], 'version 1 in 3, triggers off']);
      expect(frends.effects()).toEqual(['deployment.created']);
    });

    test.each([{}, { version: '3' }, { version: 'latest', triggersActive: true }])(
      'by %j stay as they are',
      async (patch) => {
        const { items, evidence } = await prepare(redeploy('509', patch));
        expect(items).toMatchObject([{ effect: 'unchanged', deployment: '509' }]);
        await send(evidence);
        expect(frends.effects()).toEqual([]);
      },
    );

    test.each([
      ['an unknown one', '7', {}, 'not_found'],
      ['one of another process', '501', {}, 'not_found'],
      ['an unknown version', '509', { version: '9' }, 'not_found'],
      ['the version before', '509', { version: 'previous' }, 'capability_not_supported'],
    ])('not: %s', async (_what, id, patch, code) => {
      await expect(prepare(redeploy(id, patch))).rejects.toMatchObject({ code, details: refusal });
    });

    test('and gone meanwhile are in doubt', async () => {
      const { evidence } = await prepare(redeploy('509', { triggersActive: false }));
      await send((await prepare(undeploy('509'))).evidence);
      expect(await reconcile(evidence)).toMatchObject({ state: 'undecided' });
      await expect(send(evidence)).rejects.toMatchObject({ code: 'upstream_rejected' });
    });
  });

  describe('taken away', () => {
    test('are gone', async () => {
      const { items, evidence } = await prepare(undeploy('509'));
      expect(items).toMatchObject([{ effect: 'undeployed', deployment: '509', version: '3' }]);
      expect(await send(evidence)).toEqual({ items });
      expect(await shown()).toEqual(before.slice(0, 1));
    });

    test.each([
      ['resetAfterEffect', 'applied'],
      ['reset', 'absent'],
    ] as const)('and not answered (%s) are %s', async (kind, state) => {
      const { evidence } = await prepare(undeploy('509'));
      frends.loseAnswer('DELETE', '/process-deployments', kind);
      await expect(send(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
      expect((await reconcile(evidence)).state).toBe(state);
    });

    test('by somebody else just before are gone all the same', async () => {
      const { items, evidence } = await prepare(undeploy('509'));
      await send(evidence);
      expect(await send(evidence)).toEqual({ items });
      expect(frends.effects()).toEqual(['deployment.deleted']);
    });

    test('in Development, or unknown, are refused', async () => {
      const { evidence } = await prepare(undeploy('508'));
      await expect(send(evidence)).rejects.toMatchObject({ code: 'upstream_rejected' });
      await expect(prepare(undeploy('7'))).rejects.toMatchObject({ code: 'not_found' });
    });
  });

  test('of which nothing readable is left are not sent', async () => {
    const error = { code: 'internal', details: { sent: 'no' } };
    await expect(send({ items: [], steps: [{ item: 0, order: {} }] })).rejects.toMatchObject(error);
  });
});
