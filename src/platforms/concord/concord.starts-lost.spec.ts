import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Native } from '../../domain/native.ts';
import { StartedConcord } from './concord.starts.testing.ts';

const concord = new StartedConcord();

describe('what became of a start', () => {
  test('whose answer was lost is found, exactly once', async () => {
    const lost = concord.request();
    const evidence = await concord.prepared(lost);
    for (const other of [concord.request(), concord.request()])
      await concord.send(await concord.prepared(other));
    const fault = { kind: 'resetAfterEffect' } as const;
    concord.sandbox.faults.add({ method: 'POST', path: '^/api/v1/process$', times: 1, fault });
    await expect(concord.send(evidence)).rejects.toMatchObject({
      code: 'upstream_unavailable',
      details: { sent: 'maybe' },
    });
    const [own] = concord
      .begun()
      .filter(({ meta }) => (meta as Native)['gatewayRunId'] === lost.mark);
    expect(await concord.reconcile(evidence)).toEqual({
      state: 'applied',
      receipt: { nativeId: own?.['id'] },
    });
  });

  test('that never arrived is absent', async () => {
    const evidence = await concord.prepared();
    concord.sandbox.faults.add({ method: 'POST', path: '', times: 1, fault: { kind: 'reset' } });
    await expect(concord.send(evidence)).rejects.toMatchObject({
      details: { sent: 'maybe' },
    });
    expect(await concord.reconcile(evidence)).toEqual({ state: 'absent' });
  });

  test('is its original, not the fork that took the mark along', async () => {
    const evidence = await concord.prepared();
    const { nativeId } = await concord.send(evidence);
    await fetch(`${concord.sandbox.url}/api/v1/process/${nativeId ?? ''}/fork`, {
      method: 'POST',
      headers: { authorization: 'sandbox-secret', 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await concord.reconcile(evidence)).toEqual({
      state: 'applied',
      receipt: { nativeId },
    });
  });

  test('is open when only a fork is left of it', async () => {
    const evidence = await concord.prepared();
    const [instanceId, parentInstanceId] = [randomUUID(), randomUUID()];
    const fork = {
      instanceId,
      parentInstanceId,
      status: 'RUNNING',
      meta: { gatewayRunId: evidence['mark'] },
    };
    concord.sandbox.faults.add({
      method: 'GET',
      path: '/api/v2/process',
      times: 1,
      fault: {
        kind: 'status',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([fork]),
      },
    });
    expect(await concord.reconcile(evidence)).toMatchObject({
      state: 'undecided',
      candidates: [instanceId],
    });
  });

  test('is open when several carry the mark, and when its project is gone', async () => {
    const evidence = await concord.prepared();
    for (let times = 0; times < 2; times += 1) await concord.send(evidence);
    const found = await concord.reconcile(evidence);
    expect(found).toMatchObject({ state: 'undecided' });
    expect('candidates' in found ? found.candidates : []).toHaveLength(2);
    const body = 'Project not found: platform-checks';
    concord.sandbox.faults.add({ path: '', fault: { kind: 'status', status: 404, body } });
    expect(await concord.reconcile(evidence)).toMatchObject({
      state: 'undecided',
      candidates: [],
    });
  });

  test('cannot be said while the server does not answer', async () => {
    const evidence = await concord.prepared();
    concord.sandbox.faults.add({ path: '', fault: { kind: 'status', status: 500 } });
    await expect(concord.reconcile(evidence)).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
  });
});
