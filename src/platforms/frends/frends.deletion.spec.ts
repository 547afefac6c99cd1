import { describe, expect, test } from '@jest/globals';
import type { ChangeReceipt, PreparedChange } from '../../domain/change.ts';
import type { ConflictError } from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';
import type { Reconciliation } from '../../domain/write.ts';
import { ChangingFrends, refusal } from './frends.testing.ts';

const dunning = 'Dunning letters';
const creditCheck = 'Credit check';

describe('deletion of a process of Frends', () => {
  const frends = new ChangingFrends();

  const prepare = (name: string, confirm: string | null = null): Promise<PreparedChange> =>
    frends.prepare(frends.parts.deletion, { key: frends.key(name), confirm });
  const send = (evidence: Native): Promise<ChangeReceipt> =>
    frends.send(frends.parts.deletion, evidence);
  const reconcile = (evidence: Native): Promise<Reconciliation<ChangeReceipt>> =>
    frends.reconcile(frends.parts.deletion, evidence);
  const exists = async (name: string): Promise<boolean> =>
    (await frends.parts.processes.get(frends.key(name), frends.signal())) !== null;

  test.each([null, 'delete'])(
    'of one that is deployed asks first (confirm=%s)',
    async (confirm) => {
      await expect(prepare(dunning, confirm)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('?confirm=undeploy'),
        details: {
          ...refusal,
          members: {
            confirm: 'undeploy',
            stands: [
              { id: '508', version: '3', target: { id: '1', name: 'Development' } },
              { id: '509', version: '3', target: { id: '3', name: 'Production Cloud' } },
            ],
          },
        },
      });
      expect(frends.effects()).toEqual([]);
    },
  );

  test('undeploys it everywhere where that is agreed to, and says so', async () => {
    const { items, evidence } = await prepare(dunning, 'undeploy');
    expect(items.map(({ effect, deployment }) => [effect, deployment])).toEqual([
      ['deleted', null],
      ['undeployed', '508'],
      ['undeployed', '509'],
    ]);
    expect(await send(evidence)).toEqual({ items });
    expect(await exists(dunning)).toBe(false);
    const [effect] = frends.sandbox.ledger();
    expect(effect).toMatchObject({ effect: 'process.deleted', details: { versions: [1, 2, 3] } });
  });

  test('of one that is deployed nowhere asks nothing', async () => {
    const { items, evidence } = await prepare(creditCheck);
    expect(items).toMatchObject([{ effect: 'deleted', name: creditCheck, problem: null }]);
    await send(evidence);
    expect(await exists(creditCheck)).toBe(false);
  });

  test.each([
    [dunning, 'undeploy', 3],
    [creditCheck, null, 1],
  ])(
    'of %s, deployed by somebody else after it was agreed to (confirm=%s), is not sent',
    async (name, confirm, count) => {
      const { evidence } = await prepare(name, confirm);
      const deploying = await frends.prepare(frends.parts.deploying, {
        op: 'deploy',
        key: frends.key(name),
        confirm: null,
        version: 'latest',
        targets: ['2'],
        name: null,
        description: null,
        activateTriggers: null,
        settings: null,
        variables: null,
      });
      await frends.send(frends.parts.deploying, deploying.evidence);
      const error = await send(evidence).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('?confirm=undeploy'),
        details: { ...refusal, outcome: 'rejected', members: { confirm: 'undeploy' } },
      });
      const { members } = (error as ConflictError).details;
      expect(members?.['stands']).toHaveLength(count);
      expect(frends.effects()).toEqual(['deployment.created']);
      expect(await exists(name)).toBe(true);
    },
  );

  test('before which its deployments cannot be read has not left', async () => {
    const { evidence } = await prepare(creditCheck);
    frends.loseAnswer('GET', '/process-deployments', 'reset');
    const fault = { kind: 'status', status: 500 } as const;
    frends.sandbox.faults.add({ method: 'GET', path: '/process-deployments', fault });
    await expect(send(evidence)).rejects.toMatchObject({ details: { sent: 'no' } });
    expect(frends.effects()).toEqual([]);
  });

  test.each(['00000000-0000-4000-8000-000000000000', '1171', 'a:b'])(
    'of what is not there (%s) is 404',
    async (key) => {
      const prepared = frends.prepare(frends.parts.deletion, { key, confirm: null });
      await expect(prepared).rejects.toMatchObject({ code: 'not_found', details: refusal });
    },
  );

  test.each([
    ['resetAfterEffect', 'applied'],
    ['reset', 'absent'],
  ] as const)('without an answer (%s) is %s', async (kind, state) => {
    const { evidence } = await prepare(dunning, 'undeploy');
    frends.loseAnswer('DELETE', '/processes/', kind);
    await expect(send(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    expect((await reconcile(evidence)).state).toBe(state);
    expect(await exists(dunning)).toBe(state === 'absent');
  });

  test('by somebody else just before is done all the same', async () => {
    const { items, evidence } = await prepare(creditCheck);
    await send(evidence);
    expect(await send(evidence)).toEqual({ items });
    expect(frends.effects()).toEqual(['process.deleted']);
  });

  test('that the platform answers with 404 though it stands is refused', async () => {
    const { evidence } = await prepare(creditCheck);
    const fault = { kind: 'status', status: 404 } as const;
    frends.sandbox.faults.add({ method: 'DELETE', path: '/processes/', times: 1, fault });
    await expect(send(evidence)).rejects.toMatchObject({ code: 'upstream_rejected' });
  });

  test.each([
    ['in part', [1, 99], 'still shows 1.'],
    ['but for its deployments', [99], 'still shows it deployed: 508'],
  ])('that is done %s is in doubt', async (_what, versions, why) => {
    const { items, evidence } = await prepare(dunning, 'undeploy');
    const [step] = evidence['steps'] as readonly { readonly order: Native }[];
    const steps = [{ item: 0, order: { ...step?.order, versions } }];
    expect(await reconcile({ items, steps })).toMatchObject({
      state: 'undecided',
      why: expect.stringContaining(why),
    });
  });
});
